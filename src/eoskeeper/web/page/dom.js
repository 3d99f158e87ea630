// DOM: the only way in which this page makes elements. Text is always text: host names, reasons
// and log excerpts come from elsewhere, and none of them is ever read as markup.

const SVG = "http://www.w3.org/2000/svg";

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.filter((one) => one !== null && one !== undefined));
  return element;
}

export function make(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

export function draw(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

export const byId = (id) => document.getElementById(id);

export function setText(element, text) {
  // Untouched text keeps a reader's selection, and makes no work for screen readers.
  if (element.textContent !== text) element.textContent = text;
}

export function setClass(element, name) {
  if (element.getAttribute("class") !== name) element.setAttribute("class", name);
}

export function setHidden(element, hidden) {
  if (element.hidden !== hidden) element.hidden = hidden;
}

// Children of a parent follow a list: elements that stay are kept, so that neither the focus nor
// an opened detail is lost when a report comes in each second. A change of language changes all.
export function follow(parent, items, keyOf, build, signatureOf = JSON.stringify) {
  const language = document.documentElement.lang;
  const before = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  let place = parent.firstElementChild;
  for (const item of items) {
    const key = String(keyOf(item));
    const signature = `${language} ${signatureOf(item)}`;
    let child = before.get(key);
    before.delete(key);
    if (!child || child.dataset.signature !== signature) {
      const fresh = build(item, child);
      fresh.dataset.key = key;
      fresh.dataset.signature = signature;
      if (child && child !== fresh) {
        if (place === child) place = fresh;
        const focused = child.contains(document.activeElement);
        child.replaceWith(fresh);
        if (focused) (fresh.querySelector("summary") ?? fresh).focus();
      }
      child = fresh;
    }
    if (child === place) place = place.nextElementSibling;
    else parent.insertBefore(child, place);
  }
  for (const child of before.values()) child.remove();
}

// The one child of a parent, made anew only when what it shows has changed.
export function single(parent, item, build) {
  follow(parent, [item], () => "single", build);
}

let said = "";

export function announce(text) {
  // The same words twice are not read twice by every screen reader; a space makes them new.
  said = said === text ? `${text} ` : text;
  byId("announcer").textContent = said;
}

export function mark(tone, text) {
  return make("span", { class: `badge ${tone}` }, text);
}
