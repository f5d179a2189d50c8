/*
 * The log, the commit in pieces, the cursor and the loss of a store, as docs/delivery.md has them, for a model checker:
 * Spin (https://spinroot.com) tries every interleaving of two processes, a host, what PagerDuty records, and one fault of each
 * kind. The time of an event is its number. PagerDuty lists it at once: lateness is the simulation's.
 *
 *   spin -a -DEVENTS=2 log-and-cursor.pml && gcc -O2 -DSAFETY -o pan pan.c && ./pan -m200000     nothing twice, or passed over
 *   spin -a -DEVENTS=2 log-and-cursor.pml && gcc -O2 -DNFAIR=5 -o pan pan.c && ./pan -a -f -m200000     all comes in the end
 *
 * The first looks at 7.8 million states in half a minute. With EVENTS=3 or HOSTS=2 there are far more.
 */
#ifndef EVENTS
#define EVENTS 3
#endif
#ifndef HOSTS
#define HOSTS 1
#endif
#define NONE 255

byte happened = 0;

/* The store: a log, its start, its frontier, and the random id of its last commit. */
bool exists = false;
byte revision = 0, floorId = 0, head = 0, logStart = 0, frontier = 0;
byte ev[3], id[3];

/* An older copy of it, which may come back. */
bool copied = false;
byte cRevision, cFloorId, cHead, cLogStart, cFrontier;
byte cEv[3], cId[3];

/* From where on hosts need a log that begins later, or is not there. */
byte requested = NONE;
/* Of which commit each process goes on. */
byte mine[2];
byte crashes = 1, losses = 1, lostAnswers = 1;
/* Which process has the lease to poll, and how often one may end while its holder polls on. */
byte holder = 0, expiries = 1;

typedef Host {
  bool registered;
  byte position, positionId, since, frontier, registeredAt, given;
  byte got[3]
};
Host host[HOSTS];

#define IN_LOG(e) ((head > 0 && ev[0] == e) || (head > 1 && ev[1] == e) || (head > 2 && ev[2] == e))
#define TOLD(h, e) (e >= EVENTS || !host[h].registered || e < host[h].registeredAt || host[h].got[e] == 1)
#define ALL_TOLD(h) (TOLD(h, 0) && TOLD(h, 1) && TOLD(h, 2))
#if HOSTS == 2
#define ALL (ALL_TOLD(0) && ALL_TOLD(1))
#else
#define ALL ALL_TOLD(0)
#endif
ltl told { [] ((happened == EVENTS) -> <> ALL) }

inline append(e) {
  if
  :: !IN_LOG(e) -> ev[head] = e; id[head] = revision; head++
  :: else
  fi
}

/* Ids are random, so a new one is none that anybody still knows. The least of these keeps the states few. */
#define KNOWN(x) (x == revision || x == floorId || x == id[0] || x == id[1] || x == id[2] || x == cRevision || \
  x == cFloorId || x == cId[0] || x == cId[1] || x == cId[2] || x == mine[0] || x == mine[1] || \
  x == host[0].positionId || x == host[HOSTS - 1].positionId)
inline commitId() {
  fresh = 1;
  do
  :: KNOWN(fresh) -> fresh++
  :: else -> break
  od;
  revision = fresh; mine[_pid] = fresh; fresh = 0
}

inline request(time) {
  if
  :: time < requested -> requested = time
  :: else
  fi
}

/* A process polls whenever it gets the lease. One may have ended too early: then both poll at once. */
active [2] proctype Process() {
  bool wasThere;
  byte from, upTo, start, back, fresh;
  do
  :: atomic {
       (!exists || frontier < happened || requested < logStart) && (holder == 0 || expiries > 0) ->
       if
       :: holder != 0 -> expiries--
       :: else
       fi;
       holder = _pid + 1;
       wasThere = exists; mine[_pid] = revision; from = frontier; start = logStart; upTo = happened; back = requested
     };
     if
     :: !wasThere ->
        atomic {
          if
          :: exists
          :: else ->
             exists = true; commitId(); floorId = revision; head = 0;
             if
             :: back < upTo -> logStart = back
             :: else -> logStart = upTo
             fi;
             frontier = logStart; requested = NONE
          fi
        }
     :: else ->
        /* What is new, in pieces of one event. The frontier moves with the last. */
        do
        :: from < upTo ->
           atomic {
             if
             :: !exists || revision != mine[_pid] -> goto over
             :: else ->
                commitId(); append(from); from++;
                if
                :: from == upTo -> frontier = upTo
                :: else
                fi
             fi
           };
           if
           :: atomic { crashes > 0 -> crashes--; goto over }
           :: true
           fi
        :: else -> break
        od;
        /* What hosts need from before the log's start. */
        if
        :: back < start ->
           atomic {
             if
             :: !exists || revision != mine[_pid] -> goto over
             :: else ->
                commitId(); from = back;
                do
                :: from < start -> append(from); from++
                :: else -> break
                od;
                logStart = back; requested = NONE
             fi
           }
        :: else
        fi
     fi;
     over: atomic {
       if
       :: holder == _pid + 1 -> holder = 0
       :: else
       fi;
       mine[_pid] = 0; from = 0; upTo = 0; start = 0; back = 0; wasThere = false
     }
  od
}

/* Registers when there is a log, then asks for ever, from where it stands; an answer may be lost. */
active [HOSTS] proctype Flow() {
  byte i, position, positionId, since, e, waiting, reached;
  bool contains, found, isLost;
  byte me = _pid - 2;
  do
  :: d_step {
       !host[me].registered && exists ->
       host[me].registered = true; host[me].registeredAt = happened; host[me].since = happened;
       host[me].frontier = happened; host[me].position = head;
       host[me].positionId = (head == 0 -> floorId : id[head - 1])
     }
  :: d_step {
       host[me].registered && !exists && requested > host[me].frontier -> request(host[me].frontier)
     }
  :: atomic {
       host[me].registered && exists ->
       if
       :: lostAnswers > 0 -> isLost = true
       :: isLost = false
       fi;
       position = host[me].position; positionId = host[me].positionId; since = host[me].since;
       contains = false;
       if
       :: position == 0 -> contains = (positionId == floorId)
       :: position > 0 && position <= head -> contains = (id[position - 1] == positionId)
       :: else
       fi;
       if
       :: !contains -> position = 0; positionId = floorId; since = host[me].frontier
       :: else
       fi;
       if
       :: logStart > host[me].frontier -> request(host[me].frontier)
       :: else
       fi;
       /* A page has one event. */
       i = position; found = false;
       do
       :: i < head && !found ->
          if
          :: ev[i] >= since && !((host[me].given >> ev[i]) & 1) -> found = true; e = ev[i]
          :: else
          fi;
          i++
       :: else -> break
       od;
       position = i; positionId = (i == 0 -> floorId : id[i - 1]);
       waiting = NONE;
       do
       :: i < head ->
          if
          :: ev[i] >= since && ev[i] < waiting -> waiting = ev[i]
          :: else
          fi;
          i++
       :: else -> break
       od;
       /* The frontier of a host moves up to what waits for it, and while the log is read back not at all. */
       reached = host[me].frontier;
       if
       :: logStart <= reached && frontier > reached && waiting > reached ->
          reached = (frontier < waiting -> frontier : waiting)
       :: else
       fi;
       if
       :: isLost -> lostAnswers--
       :: else ->
          host[me].position = position; host[me].positionId = positionId; host[me].since = since;
          if
          :: found ->
             assert(e >= host[me].registeredAt);
             host[me].got[e]++;
             assert(host[me].got[e] == 1);
             host[me].given = host[me].given | (1 << e)
          :: else
          fi;
          host[me].frontier = reached;
          /* What lies behind it was handed over. */
          assert(reached < 1 || TOLD(me, 0));
          assert(reached < 2 || TOLD(me, 1));
          assert(reached < 3 || TOLD(me, 2))
       fi;
       i = 0; contains = false; found = false; isLost = false; e = 0; position = 0; positionId = 0; since = 0;
       waiting = 0; reached = 0
     }
  od
}

active proctype World() {
  do
  :: atomic { happened < EVENTS -> happened++ }
  :: d_step {
       exists && !copied -> copied = true;
       cRevision = revision; cFloorId = floorId; cHead = head; cLogStart = logStart; cFrontier = frontier;
       cEv[0] = ev[0]; cEv[1] = ev[1]; cEv[2] = ev[2]; cId[0] = id[0]; cId[1] = id[1]; cId[2] = id[2]
     }
  :: d_step {
       losses > 0 && exists -> losses--;
       exists = false; revision = 0; floorId = 0; head = 0; logStart = 0; frontier = 0;
       ev[0] = 0; ev[1] = 0; ev[2] = 0; id[0] = 0; id[1] = 0; id[2] = 0
     }
  :: d_step {
       losses > 0 && copied -> losses--;
       exists = true; revision = cRevision; floorId = cFloorId; head = cHead; logStart = cLogStart; frontier = cFrontier;
       ev[0] = cEv[0]; ev[1] = cEv[1]; ev[2] = cEv[2]; id[0] = cId[0]; id[1] = cId[1]; id[2] = cId[2]
     }
  :: happened == EVENTS && losses == 0 -> break
  od
}
