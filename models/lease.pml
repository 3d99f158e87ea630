/* The lease in the etcd register, its fence and its guard: can two hosts fill one slot?
 *
 * README.md says what stands for what, and why what is left out may be left out; rows.toml holds the
 * settings that are checked, and which of them must fail.
 *
 * One step of time is one slot. What a keeper does has no deadline as long as PAUSE is 1, so that a
 * keeper stopped for any time is any order of the steps below. Every "must happen by" is a condition
 * in URGENT, which holds time up, never a step that could be missed.
 */

/* --- settings: the sound ones; a row changes some ------------------------------------------- */
#ifndef HOSTS
#define HOSTS 2
#endif
#ifndef L            /* lease: what the holder's side has to fit into */
#define L 10
#endif
#ifndef WAIT         /* S3: a candidate claims after the same record for so long */
#define WAIT L
#endif
#ifndef F            /* age at which the keeper fences */
#define F 2
#endif
#ifndef K            /* from the decision to the proven stop, the drained slot included: at least 2 */
#define K 2
#endif
#ifndef V            /* age at which the guard fences */
#define V 5
#endif
#ifndef LATE_GUARD   /* for so long at most the guard itself may be held up */
#define LATE_GUARD 3
#endif
#ifndef E            /* a host's clock is off by so many slots at most */
#define E 1
#endif
#ifndef W            /* S4: from winning to the question whether the term is still the own one */
#define W 3
#endif
#ifndef FOLLOWS      /* 1: a record that is given back names the slot that its holder has left, and who
                        claims it may fill the slots after that, without W; 2: any slot at once */
#define FOLLOWS 0
#endif
#ifndef OFF0         /* FOLLOWS: how far the clocks of hosts 0 and 1 are off, from -E to E */
#define OFF0 0
#endif
#ifndef OFF1
#define OFF1 0
#endif
#ifndef FAILSAFE     /* 1: a holder that the store does not answer goes on by the promise of the other host,
                        counted from its question; 2: the promise is not kept; 3: counted from when it
                        is heard; 4: given beside a claim that is under way. Two hosts only */
#define FAILSAFE 0
#endif
#ifndef PAUSE        /* 1: a keeper may be stopped for any time; 0: it acts when it has to */
#define PAUSE 1
#endif
#ifndef GUARD        /* 0 none, 1 deadline from the evidence, 2 time since it was last kicked */
#define GUARD 1
#endif
#ifndef GUARD_FREEZES /* 1: freezes while a resume may be under way; 0: pauses, and looks again */
#define GUARD_FREEZES 1
#endif
#ifndef GUARD_LOOKS  /* 1: once past its deadline it is awake whenever nodeos unpauses */
#define GUARD_LOOKS 1
#endif
#ifndef TIMER_KICKS  /* 1: a timer of the keeper kicks the guard, with or without evidence */
#define TIMER_KICKS 0
#endif
#ifndef FROM_SEND    /* 0: the holder counts from the receipt of the answer */
#define FROM_SEND 1
#endif
#ifndef SAME_RECORD  /* 0: a candidate goes on counting when the record changes */
#define SAME_RECORD 1
#endif
#ifndef REREAD       /* 0: no look at the own term before a resume */
#define REREAD 1
#endif
#ifndef AGE_CHECK    /* 0: no look at the age before a resume */
#define AGE_CHECK 1
#endif
#ifndef PROOF        /* 0: S6 broken: the lease is given back while nodeos still produces */
#define PROOF 1
#endif
#ifndef DRAIN        /* 0: an acknowledged pause is taken for a stop */
#define DRAIN 1
#endif
#ifndef LATE_RESUME  /* 0: a resume without an answer is taken for none */
#define LATE_RESUME 1
#endif
#ifndef DOUBT_RELEASE /* 0: a release without an answer is taken for none */
#define DOUBT_RELEASE 1
#endif
#ifndef CAS          /* 0: writes do not compare */
#define CAS 1
#endif
#ifndef SERVER_TTL   /* 1: the store drops a record that was not renewed for L; 2: perhaps earlier */
#define SERVER_TTL 0
#endif
#ifndef RESTART      /* nodeos comes back: 0 paused, 1 unpaused but paused first, 2 unpaused */
#define RESTART 0
#endif
#ifndef FORGET       /* 1: a keeper may be restarted */
#define FORGET 1
#endif
#ifndef CRASH        /* 1: a nodeos may be killed */
#define CRASH 1
#endif
#ifndef DELAY        /* 0: answers of the store come at once or never */
#define DELAY 1
#endif
#ifndef DRIFT        /* 1: in one lease each clock may lose or gain a step */
#define DRIFT 0
#endif
#ifndef GENTLE       /* 1: it is an error that a guard acts before an awake keeper's fence is through */
#define GENTLE 0
#endif
#ifndef HEAL         /* 1: faults may end for good; then somebody must produce within BOUND */
#define HEAL 0
#endif
#ifndef BOUND
#define BOUND (L + W + 2)
#endif
#ifndef REACH        /* the number of a state that must be reachable, see the end */
#define REACH 0
#endif

#define GUARDED (V + LATE_GUARD + K)
#if GUARDED > WAIT && GUARDED > F + K
#define CAP GUARDED
#elif F + K > WAIT
#define CAP (F + K)
#else
#define CAP WAIT
#endif
#define NOBODY 3

/* --- nodeos of a host ----------------------------------------------------------------------- */
#define PAUSED 0
#define MAKES 1      /* fills every slot */
#define DOWN 2       /* frozen or gone: proven not to produce */
#define DRAINS 3     /* pause acknowledged; one more block may come, in the next slot */
#define DRAINED 4    /* that is this slot */
#define STARTS 5     /* unpaused against a guard or a keeper that looks; no block in this slot */
byte node[HOSTS];
bit resume[HOSTS];   /* a resume is under way: in the keeper, on the line or in nodeos's queue */

/* --- keeper of a host ----------------------------------------------------------------------- */
byte tenure[HOSTS];  /* 0 does not hold, 1 has won, 2 has waited and asked again: may resume */
byte waited[HOSTS];  /* since it won, up to W */
byte age[HOSTS];     /* holder: since its newest confirmed write was sent; candidate: since the
                        record has been the same. Which of the two WATCHES tells */
bit seen[HOSTS];     /* candidate: the record is the one that it saw last */
bit drifted[HOSTS];
byte kick[HOSTS];    /* GUARD 2: since the last kick */
bit evidence[HOSTS]; /* GUARD 2: an answer that allows a kick */

/* --- one write of a host to the store ------------------------------------------------------- */
#define NONE 0
#define SENT 1
#define DONE 2       /* it took effect, the answer is under way */
#define REFUSED 3    /* it will not take effect, and the answer says so */
byte wire[HOSTS];
byte sent[HOSTS];    /* since it was sent, up to V */
bit gives_back[HOSTS];

/* --- the question of a holder to the other host --------------------------------------------- */
#if FAILSAFE
byte asks[HOSTS];    /* NONE; SENT; DONE: promised, and the answer is under way */
byte asked[HOSTS];   /* since the question was sent, up to V */
#define UNASKED(i) asks[i] = NONE; asked[i] = 0;
#else
#define UNASKED(i) skip;
#endif

/* --- the store ------------------------------------------------------------------------------ */
byte owner = 0;
bit released = 0;
byte unrenewed = 0;  /* SERVER_TTL */
#if FOLLOWS
byte giver = 0;      /* who gave back last */
byte left = 0;       /* slots since it decided that, up to 2 E + 1 */
byte leaves[HOSTS];  /* the same of a giving back that is under way */
bit follows[HOSTS];  /* its claim is on a record that was given back by another */
#define OFF(i) ((i) == 0 -> (OFF0) : (OFF1))
#define IS_LATER(i, since, other) ((since) > OFF(other) - OFF(i))
#else
#define IS_LATER(i, since, other) ((since) > 2 * E)
#endif

/* --- what is asked -------------------------------------------------------------------------- */
byte last = 0;       /* who could sign last */
byte past = 0;       /* slots since, up to 2 E + 1 */
bit healed = 0;
byte dark = 0;
bit handed = 0;      /* REACH: somebody but host 0 has held */
#if REACH == 6
byte alone = 0;      /* slots that host 0 has filled in a row since the store confirmed a write of it */
#define ALONE(i) if :: i == 0 -> alone = (node[0] == MAKES -> alone + 1 : 0) :: else fi;
#define CONFIRMED(i) if :: i == 0 -> alone = 0 :: else fi;
#else
#define alone 0
#define ALONE(i) skip;
#define CONFIRMED(i) skip;
#endif

#define MAY(i) (node[i] == MAKES || node[i] >= DRAINS || (LATE_RESUME && resume[i]))
#define WATCHES(i) (tenure[i] == 0 && !MAY(i))
#define IS_OWN(i) (owner == i && !released)
#define LAPSED(i) (!WATCHES(i) && age[i] >= F)
#define GUARD_DUE(i) (!WATCHES(i) && ((GUARD == 1 && age[i] >= V) || (GUARD == 2 && kick[i] >= V)))
#define GUARD_LAST(i) (!WATCHES(i) && ((GUARD == 1 && age[i] >= GUARDED - 2) || (GUARD == 2 && kick[i] >= V)))
#define AWAKE (!PAUSE || healed)

/* Time stands until this has been done. Each has a step below that does it. */
#define URGENT(i) ( \
     (node[i] == MAKES && GUARD_LAST(i)) \
  || (GUARD_FREEZES && GUARD && node[i] == PAUSED && resume[i] && GUARD_LAST(i)) \
  || (node[i] == STARTS && ((GUARD_DUE(i) && GUARD_LOOKS) || AWAKE)) \
  || (AWAKE && !WATCHES(i) && node[i] == MAKES && age[i] >= F + K - 2) \
  || (AWAKE && LATE_RESUME && node[i] == PAUSED && resume[i] && age[i] >= F + K - 2) \
  || (!DELAY && (wire[i] == DONE || wire[i] == REFUSED)) \
  || (healed && (wire[i] != NONE || resume[i] || node[i] == DOWN \
      || (tenure[i] != 0 && age[i] > 0) || (tenure[i] == 1 && waited[i] >= W && IS_OWN(i) && age[i] < F) \
      || (tenure[i] == 2 && node[i] == PAUSED && age[i] < F) \
      || (tenure[i] == 0 && node[i] == MAKES) \
      || (WATCHES(i) && !seen[i]) || CLAIMS(i))) )
#define CLAIMS(i) (WATCHES(i) && node[i] == PAUSED && seen[i] && (age[i] >= WAIT || released || owner == i))

inline forget_watch(i) { seen[i] = 0; age[i] = 0; waited[i] = 0; drifted[i] = 0; kick[i] = 0; evidence[i] = 0 }

/* The property. A slot's number differs between hosts by 2 E at most, or by what is set. */
inline makes(i) {
  node[i] = MAKES;
  if
  :: last != i && last != NOBODY -> assert(REACH || GENTLE || IS_LATER(i, past, last))
  :: else
  fi;
  last = i; past = 0;
  if :: REACH && i != 0 -> handed = 1 :: else fi
}

/* To call after a step that can have ended a holder's last way to produce. */
inline settle_role(i, watched) {
  if :: !watched && WATCHES(i) -> forget_watch(i) :: else fi
}

inline other_sees(i, j) {
  if
  :: j != i && j < HOSTS ->
     if :: WATCHES(j) && SAME_RECORD -> age[j] = 0; drifted[j] = 0 :: else fi;
     seen[j] = 0;
     if :: wire[j] == SENT && CAS -> wire[j] = (gives_back[j] -> NONE : REFUSED); sent[j] = 0; gives_back[j] = 0 :: else fi
  :: else
  fi
}
inline changed(i) {
  other_sees(i, 0); other_sees(i, 1);
#if HOSTS > 2
  other_sees(i, 2);
#endif
  unrenewed = 0
}

/* The confirmed write was sent sent[i] ago. A guard that is past its deadline takes no evidence. */
inline confirmed(i) {
  CONFIRMED(i)
  if
  :: tenure[i] == 0 -> tenure[i] = 1; waited[i] = 0
  :: else
  fi;
  if
  :: GUARD == 1 && age[i] >= V && MAY(i)
  :: else -> age[i] = (FROM_SEND -> sent[i] : 0); drifted[i] = 0; if :: GUARD == 2 -> evidence[i] = 1 :: else fi
  fi;
  wire[i] = NONE; sent[i] = 0
}

#if FOLLOWS
#define FOLLOW(i) follows[i] = (released && giver != i);
#define LEFT(i) giver = i; left = leaves[i]; leaves[i] = 0; follows[0] = 0; follows[1] = 0;
#define LEAVES(i) leaves[i] = 0; follows[i] = 0;
#define FOLLOWING(i) \
  :: tenure[i] == 1 && follows[i] && (FOLLOWS == 2 || IS_LATER(i, left, giver)) && age[i] < F && IS_OWN(i) -> \
     d_step { tenure[i] = 2; waited[i] = 0; if :: !REACH -> FORGETS(i) :: else fi }
/* What nobody asks for any more has one value, to have fewer states. */
#define FORGETS(i) follows[i] = 0; left = 0; giver = 0
#define LOST(i) if :: !gives_back[i] && !IS_OWN(i) -> follows[i] = 0 :: gives_back[i] -> leaves[i] = 0 :: else fi;
#define CLAIMED(i) if :: !follows[i] -> FORGETS(i) :: else fi;
#else
#define LOST(i) skip;
#define CLAIMED(i) skip;
#define FOLLOW(i) skip;
#define LEFT(i) skip;
#define LEAVES(i) skip;
#define FOLLOWING(i)
#endif

/* Nothing of the one who promises can win, and it waits for a whole lease from here on. */
#if FAILSAFE
#define PROMISING(i, j) \
  :: !healed && asks[i] == NONE && !WATCHES(i) && tenure[i] != 0 && age[i] > 0 -> \
     d_step { asks[i] = SENT; asked[i] = 0 } \
  :: asks[i] == SENT && WATCHES(j) && IS_OWN(i) \
     && ((seen[j] && wire[j] == NONE) || (FAILSAFE == 4 && wire[j] == SENT)) -> \
     d_step { asks[i] = DONE; if :: FAILSAFE != 2 -> age[j] = 0; drifted[j] = 0 :: else fi } \
  :: asks[i] == DONE -> \
     d_step { if \
              :: !(GUARD == 1 && age[i] >= V && MAY(i)) && (asked[i] < age[i] || FAILSAFE == 3) -> \
                 age[i] = (FAILSAFE == 3 -> 0 : asked[i]) \
              :: else \
              fi; UNASKED(i) } \
  :: asks[i] != NONE -> d_step { UNASKED(i) }
#else
#define PROMISING(i, j)
#endif

#define HOST(i) \
  /* the holder's heartbeat; after a restart of the keeper it goes on with its own record */ \
  :: wire[i] == NONE && !WATCHES(i) && age[i] > 0 && (tenure[i] != 0 || IS_OWN(i)) -> \
     d_step { wire[i] = (IS_OWN(i) || !CAS -> SENT : REFUSED); sent[i] = 0 } \
  :: WATCHES(i) && wire[i] == NONE && !seen[i] -> d_step { seen[i] = 1; if :: SAME_RECORD -> age[i] = 0 :: else fi } \
  :: wire[i] == NONE && CLAIMS(i) -> d_step { wire[i] = SENT; sent[i] = 0; FOLLOW(i) forget_watch(i) } \
  :: wire[i] == SENT && !gives_back[i] -> \
     d_step { wire[i] = DONE; owner = i; released = 0; CLAIMED(i) changed(i) } \
  :: wire[i] == SENT && gives_back[i] -> \
     d_step { wire[i] = NONE; gives_back[i] = 0; released = 1; seen[i] = 0; LEFT(i) changed(i) } \
  :: !healed && (wire[i] == SENT || wire[i] == DONE) -> \
     d_step { if :: wire[i] == SENT -> LOST(i) :: else fi; wire[i] = NONE; sent[i] = 0; gives_back[i] = 0 } \
  :: wire[i] == DONE -> d_step { confirmed(i) } \
  :: wire[i] == REFUSED -> \
     d_step { was = WATCHES(i); wire[i] = NONE; sent[i] = 0; LOST(i) UNASKED(i) tenure[i] = 0; waited[i] = 0; settle_role(i, was) } \
  /* S4, then the resume: written down, sent, and from here on not to be called back */ \
  :: tenure[i] == 1 && waited[i] >= W && (age[i] < F || !AGE_CHECK) && (IS_OWN(i) || !REREAD) -> \
     d_step { tenure[i] = 2; waited[i] = 0; CLAIMED(i) } \
  FOLLOWING(i) \
  :: tenure[i] == 2 && node[i] == PAUSED && !resume[i] && (age[i] < F || !AGE_CHECK) \
     && !(gives_back[i] && DOUBT_RELEASE) -> \
     d_step { resume[i] = 1; if :: GUARD == 2 -> kick[i] = age[i] :: else fi } \
  :: resume[i] && node[i] == PAUSED -> \
     d_step { if :: GUARD_DUE(i) -> node[i] = STARTS :: else -> makes(i) fi; resume[i] = 0 } \
  :: !healed && resume[i] -> d_step { was = WATCHES(i); resume[i] = 0; settle_role(i, was) } \
  /* the fence; a keeper may also pause whenever it likes, which is a switchover */ \
  :: node[i] == MAKES && (!healed || LAPSED(i) || tenure[i] == 0) -> node[i] = DRAINS \
  :: node[i] == STARTS -> d_step { was = WATCHES(i); node[i] = PAUSED; settle_role(i, was) } \
  :: LATE_RESUME && node[i] == PAUSED && resume[i] && LAPSED(i) -> \
     d_step { was = WATCHES(i); node[i] = DOWN; resume[i] = 0; settle_role(i, was) } \
  :: GUARD && GUARD_FREEZES && GUARD_DUE(i) && node[i] == PAUSED && resume[i] -> node[i] = DOWN \
  :: GENTLE && GUARD_DUE(i) && (node[i] == MAKES || node[i] == DRAINS || node[i] == DRAINED) -> assert(0) \
  :: GUARD == 2 && (evidence[i] || TIMER_KICKS) && !WATCHES(i) && kick[i] < V && kick[i] > 0 -> \
     d_step { kick[i] = 0; evidence[i] = 0 } \
  /* S6: given back with proof of the stop; whatever becomes of the answer, it is not held */ \
  :: !healed && tenure[i] != 0 && wire[i] == NONE && !(LATE_RESUME && resume[i]) \
     && (node[i] == PAUSED || node[i] == DOWN || (!DRAIN && node[i] >= DRAINS && node[i] != STARTS) || (!PROOF && node[i] == MAKES)) -> \
     d_step { was = WATCHES(i); if :: IS_OWN(i) -> wire[i] = SENT; gives_back[i] = 1 :: else fi; LEAVES(i) \
              if :: DOUBT_RELEASE -> UNASKED(i) tenure[i] = 0; waited[i] = 0 :: else fi; settle_role(i, was) } \
  :: FORGET && !healed && tenure[i] != 0 -> \
     d_step { was = WATCHES(i); UNASKED(i) tenure[i] = 0; waited[i] = 0; evidence[i] = 0; \
              if :: wire[i] != SENT -> wire[i] = NONE; sent[i] = 0 :: else fi; settle_role(i, was) } \
  :: CRASH && !healed && node[i] != DOWN -> d_step { was = WATCHES(i); node[i] = DOWN; settle_role(i, was) } \
  :: node[i] == DOWN && (RESTART == 0 || healed) -> node[i] = PAUSED \
  :: node[i] == DOWN && RESTART == 1 -> node[i] = STARTS \
  :: node[i] == DOWN && RESTART == 2 -> d_step { makes(i) } \
  :: DRIFT && !drifted[i] && !WATCHES(i) && age[i] > 0 -> d_step { drifted[i] = 1; age[i] = age[i] - 1 } \
  :: DRIFT && !drifted[i] && WATCHES(i) && seen[i] && age[i] < CAP -> d_step { drifted[i] = 1; age[i] = age[i] + 1 }

inline pass(i) {
  was = WATCHES(i);
  ALONE(i)
  if :: age[i] < CAP && (!was || seen[i] || !SAME_RECORD) -> age[i] = age[i] + 1 :: else fi;
  if :: (wire[i] == SENT || wire[i] == DONE) && !gives_back[i] && sent[i] < V -> sent[i] = sent[i] + 1 :: else fi;
#if FAILSAFE
  if :: asks[i] != NONE && asked[i] < V -> asked[i] = asked[i] + 1 :: else fi;
#endif
  if :: tenure[i] == 1 && waited[i] < W -> waited[i] = waited[i] + 1 :: else fi;
  if :: GUARD == 2 && !was && kick[i] < V -> kick[i] = kick[i] + 1 :: else fi;
  if
  :: node[i] == MAKES -> lit = 1; last = i; past = 0
  :: node[i] == DRAINS -> node[i] = DRAINED; last = i; past = 0
  :: node[i] == DRAINED -> node[i] = PAUSED; settle_role(i, was)
  :: node[i] == STARTS -> makes(i)
  :: else
  fi
}

active proctype world() {
  bit was = 0, lit = 0;
  d_step { node[0] = MAKES; tenure[0] = 2 }
  do
  HOST(0)
  HOST(1)
  PROMISING(0, 1)
  PROMISING(1, 0)
#if HOSTS > 2
  HOST(2)
#endif
  :: SERVER_TTL && !released && (unrenewed >= L || SERVER_TTL == 2) -> d_step { released = 1; changed(owner) }
  :: HEAL && !healed -> healed = 1
#if HOSTS > 2
  :: !URGENT(0) && !URGENT(1) && !URGENT(2) ->
#else
  :: !URGENT(0) && !URGENT(1) ->
#endif
     d_step {
       lit = 0;
       if :: past <= 2 * E -> past++ :: else fi;
#if FOLLOWS
       if :: left <= 2 * E && (released || follows[0] || follows[1]) -> left++ :: else fi;
       if :: gives_back[0] && leaves[0] <= 2 * E -> leaves[0]++ :: else fi;
       if :: gives_back[1] && leaves[1] <= 2 * E -> leaves[1]++ :: else fi;
#endif
       if :: SERVER_TTL && unrenewed < L -> unrenewed++ :: else fi;
       pass(0); pass(1);
#if HOSTS > 2
       pass(2);
#endif
       if :: past > 2 * E -> last = NOBODY :: else fi;
       if :: healed && !lit -> dark++ :: else -> dark = 0 fi;
       assert(dark <= BOUND);
       lit = 0; was = 0
     }
  od
}

/* What must be reachable, or the sound rows would prove nothing. */
#if FOLLOWS
#define FOLLOWS_SOON (follows[1] && left < W - 1)
#else
#define FOLLOWS_SOON 0
#endif
#define REACHED ( \
     (REACH == 1 && owner == 1 && node[1] == MAKES && !released) \
  || (REACH == 2 && handed && node[0] == MAKES && owner == 0) \
  || (REACH == 3 && node[0] == DOWN && resume[0] && age[0] >= V) \
  || (REACH == 5 && owner == 1 && node[1] == MAKES && FOLLOWS_SOON) \
  || (REACH == 6 && alone > L) \
  || (REACH == 4 && handed && owner == HOSTS - 1 && node[HOSTS - 1] == MAKES && last == HOSTS - 1))
#if REACH
never { do :: assert(!REACHED) od }
#endif
