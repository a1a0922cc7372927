/* The worlds of a verification. MODEL_WORLD holds their bounds, in the order of the variables below. */

c_decl {
\#include <stdio.h>
\#include <stdlib.h>
}

/* Identities before the first run: at most; commands: 1 provision, 2 --force, 4 rotate; options that may differ: 1 of
 * the key, 2 the claim, 4 the request; keys: 0 in files, 1 in a token, 2 made by the service; exchanges: 0 no, 1 yes,
 * 2 both; a second process. */
byte identities, commands, options, keys, exchanging, second;

inline choose_run() {
  if
  :: commands & 1 -> a_command = 'p'
  :: commands & 2 -> a_command = 'f'
  :: commands & 4 -> a_command = 'r'
  fi;
  an_option = 0; a_claim = 0; a_request = 0;
  if
  :: true
  :: options & 1 -> an_option = 1
  :: options & 2 -> a_claim = 1
  :: options & 4 -> a_request = 1
  fi
}

/* Any unsynced changes of names survive, and unsynced bytes or not. */
inline cut_power() {
  x = 0;
  do
  :: x < root_changes ->
     if
     :: d_step { keep_root_change(x) }
     :: true
     fi;
     x++
  :: else -> break
  od;
  skip;
  d_step { x = 0; wake_root(); skip };
  if
  :: lose = true
  :: lose = false
  fi;
  o = 0;
  do
  :: o < ND ->
     x = 0;
     do
     :: x < changes[o] ->
        if
        :: d_step { keep_change(o, x) }
        :: true
        fi;
        x++
     :: else -> break
     od;
     skip;
     d_step { wake_directory(o, lose); x = 0; o++ }
  :: else -> break
  od;
  skip;
  d_step { o = 0; lose = false; check_disk(); skip }
}

inline await_end() {
  running == 0;
  if
  :: crash == CUT -> cut_power()
  :: else
  fi;
  crash = 0; down = false;
  if
  :: outcome_of_run != 0 && outcome_of_run != 'B' ->
     HOLD("\nviolates: nobody has to clean up by hand\n", outcome_of_run != 'J')
  :: else
  fi
}

/* "The next run finishes the job or reports the cause; nobody has to clean up by hand." Without faults. */
inline finish() {
  faults = 0; mischief = 0;
  choose_run();
  start(0, a_command, an_option, a_claim, a_request);
  await_end();
  if
  :: outcome_of_run == 'L' ->
     /* errors.md, certificate-limit: rerun when the service has deleted the unused certificates. */
     d_step { pass_an_hour(); asked = 0 };
     start(0, a_command, an_option, a_claim, a_request);
     await_end()
  :: outcome_of_run == 'U' ->
     /* The hint: "rerun with the options of that run to finish it, or discard it with --force". */
     HOLD("\nviolates: rerun with the options of that run to finish it\n", root[PENDING] != 0);
     skip; d_step {
       x = CERTIFICATE(OBJECT(PENDING));
       o = asked
     };
     if
     :: a_command = 'f'; o = 0
     :: an_option = option_of[key_of[x]]; a_request = thing_of[x];
        a_claim = (asked_by[x] == 1);
        a_command = (asked_by[x] >= 2 -> 'r' : (root[IDENTITY] -> 'f' : 'p'));
        o++
     fi;
     x = 0;
     start(0, a_command, an_option, a_claim, a_request);
     running == 0;
     HOLD("\nviolates: rerun with the options of that run to finish it\n", o == 0 || o == asked + 1);
     o = 0
  :: else
  fi;
  skip;
  d_step { check_end(outcome_of_run); skip }
}

init {
  byte a_command, x, o;
  bool an_option, a_claim, a_request, lose;
  atomic {
    c_code {
      int bound[13] = {0}, n = 0;
      char *text = getenv("MODEL_WORLD"), *end;
      for (; text && *text && n < 13; text = *end ? end + 1 : end) bound[n++] = strtol(text, &end, 10);
      now.mutant = bound[0]; now.faults = bound[1]; now.mischief = bound[2]; now.runs = bound[3];
      now.hours = bound[4]; now.identities = bound[5]; now.commands = bound[6]; now.options = bound[7];
      now.keys = bound[8]; now.exchanging = bound[9]; now.second = bound[10]; now.limit = bound[11] ? bound[11] : 4;
    };
    keys_in_token = (keys == 1); keys_by_service = (keys == 2);
    if
    :: exchanging != 0 -> exchanges = true
    :: exchanging != 1 -> exchanges = false
    fi;
    if
    :: reuses_tokens = true
    :: reuses_tokens = false
    fi;
    do
    :: identities > 0 -> identities--
    :: break
    od;
    skip;
    d_step { first_world(identities); identities = 0; exchanging = 0; keys = 0 }
  };
  do
  :: atomic {
       runs > 0 -> runs--;
       choose_run();
       start(0, a_command, an_option, a_claim, a_request);
       if
       :: second -> choose_run(); start(1, a_command, an_option, a_claim, a_request)
       :: else
       fi;
       a_command = 0; an_option = 0; a_claim = 0; a_request = 0
     };
     atomic { await_end() }
  :: atomic { faults > 0 && (root_changes > 0) -> faults--; note_crash(); cut_power() }
  :: atomic { hours > 0 -> hours--; d_step { pass_an_hour(); asked = 0 } }
  :: break
  od;
  atomic { finish() }
}
