/* A gateway with its state directory, the service, and what goes wrong: docs/model.md.
 *
 * Verified (`spin -a`), every choice is tried. With REPLAY the model is simulated and prints what happens as the tokens
 * of docs/model.md, with choices by chance; with LISTEN too, the choices and operations are read from stdin, and the
 * first that the model does not have ends the simulation. */

/* At most so many certificates within an hour: kCertificatesMax. */
byte limit = 4;

/* Mistakes that can be put into the model; the verification must find each of them (scripts/check-model --mutants). */
#define journal_unsynced 1
#define name_unsynced 2
#define two_renames 3
#define request_before_save 4
#define no_lock 5
#define journal_stays 6
#define register_before_save 7
#define request_uncounted 8
#define forget_key 9
#define no_second_look 10
#define exchange_unsynced 11
#define key_before_plan 12
#define first_rename_unsynced 13
#define replaces_nothing 14
#define aged_count_covers 15
#define pending_unsynced 16
#define commit_unsynced 17
#define rename_unsynced 18
#define count_over_journal 19
#define MUTANT(name) (mutant == name)
#ifndef MUTATE
#define MUTATE 0
#endif
byte mutant = MUTATE;

/* What may still happen in this world. */
byte faults, mischief, runs, hours;
/* The file system exchanges directories. */
bool exchanges = true;

/* The process that has the lock, plus one; running processes; the number of an end by force; the last outcome. */
byte holder, running, outcome_of_run;
#define KILL 1
#define CUT 2
byte crash;
bool down;
byte held_key[2];
byte held_certificate[2];

hidden byte kind;

/* Milestones, in the order of core/milestones.hpp. */
#define FRESH 0
#define PLANNED 1
#define KEYMADE 2
#define CERTIFIED 3
#define ENROLLED 4
#define VERIFIED 5
#define INSTALLED 6

#define MINE held_key[me]
/* The key was made as the options of this run want it; a key of the service has no options. */
#define KEY_FITS (keys_by_service || option_of[MINE] == option)
#define MY_CERTIFICATE held_certificate[me]
#define IS_SET(word, bit) (((word) & (bit)) != 0)

inline start(which, its_command, its_option, its_claim, its_request) {
  running++;
  run Run(which, its_command, its_option, its_claim, its_request)
}

#include "disk.pml"
#include "service.pml"
#include "invariants.pml"
#include "run.pml"
#include "save.pml"
#include "commit.pml"
#ifdef REPLAY
#include "trace.pml"
#else
#include "choice.pml"
#endif

/* Does the operation. */
inline perform() {
  HOLD("\nviolates: two runs at once: the second ends at once and changes nothing\n",
       verb == 'M' || verb == 'L' || holder == me + 1);
  if
  :: verb == 'M' -> root_made = true
  :: verb == 'L' ->
     if
     :: holder && !MUTANT(no_lock) -> refused_lock = true
     :: else -> holder = me + 1
     fi
  :: verb == 'd' -> make_pending()
  :: verb == 'w' -> write_new(OBJECT(PENDING), name, value)
  :: verb == 's' -> mark(OBJECT(PENDING), name, SYNCED)
  :: verb == 'm' && name == DIRECTORY -> enterable[OBJECT(PENDING)] = true
  :: verb == 'm' && name == DIRECTORY_PRIVATE -> enterable[OBJECT(PENDING)] = false
  :: verb == 'm' && name < NF -> mark(OBJECT(PENDING), name, OPEN)
  :: verb == 'u' -> remove_file(OBJECT(PENDING), name)
  :: verb == 'v' -> remove_file(OBJECT(PREVIOUS), name)
  :: verb == 'h' -> remove_file(OBJECT(IDENTITY), name)
  :: verb == 'y' -> write_new(OBJECT(IDENTITY), name, value)
  :: verb == 'o' -> mark(OBJECT(IDENTITY), name, OPEN)
  :: verb == 'z' -> mark(OBJECT(IDENTITY), name, SYNCED)
  :: verb == 'S' && name == 'i' -> d = OBJECT(IDENTITY); sync_directory(d)
  :: verb == 'r' && name == 'v' -> rename_file(OBJECT(IDENTITY), IDNEW, IDJ)
  :: verb == 'S' && name == 'p' -> d = OBJECT(PENDING); sync_directory(d)
  :: verb == 'S' && name == '/' -> sync_root()
  :: verb == 'r' && name == 'j' -> rename_file(OBJECT(PENDING), JNEW, JOURNAL)
  :: verb == 'r' && name == 'i' -> rename_file(OBJECT(PENDING), IDNEW, IDJ)
  :: verb == 'r' && name == 'c' -> d = root[PENDING]; root_change(PENDING, 0, IDENTITY, d)
  :: verb == 'r' && name == 'p' -> d = root[PENDING]; root_change(PENDING, 0, PREVIOUS, d)
  :: verb == 'r' && name == 'o' -> d = root[IDENTITY]; root_change(IDENTITY, 0, PREVIOUS, d)
  :: verb == 'x' -> d = root[PENDING]; root_change(PENDING, root[IDENTITY], IDENTITY, d)
  :: verb == 'R' && name == 'p' -> root_change(PENDING, 0, NONE, 0)
  :: verb == 'R' && name == 'o' && root[PREVIOUS] -> root_change(PREVIOUS, 0, NONE, 0)
  :: verb == 'R' && name == 'o' && !root[PREVIOUS]
  :: verb == 'D' && name == 'm' -> in_token[MINE] = true
  :: verb == 'D' && name == 'd' -> in_token[victim] = false; victim = 0
  :: verb == '1' -> create()
  :: verb == '2' -> register()
  :: verb == 'P' || verb == 'Q' || verb == 'E'
  fi;
  if
  :: verb == 'r' || verb == 'x' || verb == 'v' || verb == 'u' || verb == 'R' || verb == 'D' -> check_disk()
  :: else
  fi;
  verb = 0; name = 0; value = 0
}

/* The service gets a request and does `reaction`. */
inline create() {
  if
  :: reaction == 'a' || reaction == 'w' ->
     fresh_certificate = 0;
     if
     :: keys_by_service -> new_key(option); d = fresh_id
     :: else -> d = MINE
     fi;
     new_certificate(d, requester);
     fresh_certificate = (reaction == 'a' -> fresh_id : 0)
  :: else -> fresh_certificate = 0
  fi;
  held_certificate[me] = fresh_certificate
}

inline register() {
  token_works = token_of[MY_CERTIFICATE] == LIVE || (token_of[MY_CERTIFICATE] == USED && reuses_tokens);
  if
  :: reaction == 't' || (!token_works && (reaction == 'a' || reaction == 'w')) ->
     token_works = false; token_of[MY_CERTIFICATE] = DEAD
  :: token_works && (reaction == 'a' || reaction == 'w') ->
     token_of[MY_CERTIFICATE] = USED; registered[MY_CERTIFICATE] = true
  :: else
  fi
}

/* One process. `option`, `claim` and `request` are its options: those of the key, the claim, and template and
 * parameters. */
proctype Run(byte me, command; bool option, claim, request) {
  mtype at = begin, after_save, after_prepare, after_destroy, back, back_2;
  byte verb, name, n, outcome, milestone, counted, stored, counting, attempts;
  byte key_on_disk, abandoned, victim, requester, reaction, fresh_certificate;
  VALUE value;
#ifdef REPLAY
  byte a_command;
  bool an_option, a_claim, a_request;
#endif
  bool committed, resumed, prepared, name_durable, refused_lock, displaces, token_works, final;

  tell_run();
  do
  :: atomic {
       !down ->
       d_step {
         do
         :: verb == 0 && at != ended ->
            if
            :: at <= begin -> step_begin()
            :: at > begin && at <= load -> step_load()
            :: at > load && at <= enrol -> step_enrol()
            :: at > enrol && at <= save -> step_save()
            :: at > save -> step_commit()
            fi
         :: else -> break
         od
       };
       if
       :: verb == 0 -> break
       :: verb == '1' || verb == '2' -> choose_reaction()
       :: verb != 0 && verb != '1' && verb != '2' -> choose_fate()
       fi;
       d_step { tell_operation(); perform(); skip }
     }
  :: down -> outcome = 0; goto gone
  od;
  tell_end();
gone:
  skip;
  d_step {
    outcome_of_run = outcome;
    if
    :: holder == me + 1 -> holder = 0
    :: else
    fi;
    held_key[me] = 0; held_certificate[me] = 0;
    running--
  }
}

/* What runs before this one left: nothing, an identity, or one that has replaced another. */
inline first_world(identities) {
  i = 0;
  do
  :: i < identities ->
     SEEN(i, CERT) = MAKE(1, 0, i + 1) | OPEN | SYNCED;
     SEEN(i, CONF) = MAKE(1, 0, 0) | OPEN | SYNCED;
     SEEN(i, THING) = MAKE(1, 0, 0) | OPEN | SYNCED;
     SEEN(i, IDJ) = MAKE(1, i, i + 1) | OPEN | SYNCED;
     SEEN(i, KEY) = (keys_in_token -> 0 : MAKE(1, i + 1, 0) | SYNCED);
     in_token[i + 1] = keys_in_token;
     key_of[i + 1] = i + 1; token_of[i + 1] = USED; registered[i + 1] = true;
     enterable[i] = true;
     root[(i + 1 == identities -> IDENTITY : PREVIOUS)] = i + 1;
     i++
  :: else -> break
  od;
  root_made = (identities > 0);
  old = identities;
  d = 0;
  do
  :: d < identities -> sync_directory(d); d++
  :: else -> break
  od;
  sync_root()
}

#ifdef REPLAY
#include "replay.pml"
#else
#include "world.pml"
#endif
