/* The worlds of a simulation, one after the other. */
#ifndef WORLDS
#define WORLDS 100
#endif

byte names_kept, data_kept;

inline clear_world() {
  i = 0;
  do
  :: i < ND -> enterable[i] = false; changes[i] = 0; i++
  :: else -> break
  od;
  word = 0;
  do
  :: word < ND * NC -> file[word] = 0; word++
  :: else -> break
  od;
  word = 0;
  do
  :: word < ND * NF -> seen[word] = 0; kept[word] = 0; word++
  :: else -> break
  od;
  word = 0;
  do
  :: word < NID ->
     key_of[word] = 0; asked_by[word] = 0; thing_of[word] = 0; token_of[word] = 0; registered[word] = 0;
     option_of[word] = 0; sent[word] = 0; in_token[word] = 0; word++
  :: else -> break
  od;
  i = 0;
  do
  :: i < 3 -> root[i] = 0; root_kept[i] = 0; i++
  :: else -> break
  od;
  root_changes = 0; durable = 0; asked = 0; may_ask = true; tokens_told = 0
}

#define SURVIVES(n, all) (names_kept == 0 || (names_kept == 2 && (n) == 0) || (names_kept == 3 && (n) + 1 == (all)) || \
  (names_kept == 4 && (n) != 0) || (names_kept == 5 && (n) + 1 != (all)))

/* What survives is what the fake disk lets survive: `names_kept` and `data_kept` are its Survival. */
inline cut_power() {
  word = 0;
  do
  :: word < root_changes && SURVIVES(word, root_changes) -> keep_root_change(word); word++
  :: word < root_changes && !SURVIVES(word, root_changes) -> word++
  :: else -> break
  od;
  wake_root();
  o = 0;
  do
  :: o < ND ->
     word = 0;
     do
     :: word < changes[o] && SURVIVES(word, changes[o]) -> keep_change(o, word); word++
     :: word < changes[o] && !SURVIVES(word, changes[o]) -> word++
     :: else -> break
     od;
     wake_directory(o, data_kept != 0);
     o++
  :: else -> break
  od;
  check_disk()
}

inline choose_survival() {
#ifdef LISTEN
  hear(); names_kept = HEARD_NUMBER;
  hear(); data_kept = HEARD_NUMBER;
#else
  if
  :: names_kept = 0
  :: names_kept = 1
  :: names_kept = 2
  :: names_kept = 3
  :: names_kept = 4
  :: names_kept = 5
  fi;
  if
  :: data_kept = 0
  :: data_kept = 1
  :: data_kept = 2
  fi;
  printf("%d%d", names_kept, data_kept);
#endif
}

inline tell_state() {
  d_step {
    kind = '-'; word = 0;
    if
    :: root[PENDING] && SEEN(OBJECT(PENDING), JOURNAL) == 0 ->
       is_whole(OBJECT(PENDING));
       kind = (whole -> 'w' : 'i')
    :: root[PENDING] && SEEN(OBJECT(PENDING), JOURNAL) != 0 && !GOOD(SEEN(OBJECT(PENDING), JOURNAL)) -> kind = 'b'
    :: root[PENDING] && GOOD(SEEN(OBJECT(PENDING), JOURNAL)) ->
       word = COUNT(SEEN(OBJECT(PENDING), JOURNAL));
       read_milestone();
       kind = (kind == FRESH -> 'F' : (kind == PLANNED -> 'P' : (kind == KEYMADE -> 'K' : (kind == CERTIFIED -> 'C' :
               (kind == ENROLLED -> 'E' : 'V')))))
    :: else
    fi;
    value = 0;
    say('#'); say(kind); say('0' + word);
    tell_certificate(IDENTITY);
    tell_certificate(PREVIOUS);
    say('0' + last_certificate);
    i = 0; j = 0;
    do
    :: i <= last_certificate -> j = j + registered[i]; i++
    :: else -> break
    od;
    say('0' + j)
  }
}

inline tell_certificate(where) {
  whole = false;
  if
  :: root[where] -> is_whole(OBJECT(where))
  :: else
  fi;
  say((root[where] == 0 -> '0' : (whole -> '0' + CERTIFICATE(OBJECT(where)) : '!')))
}

inline await_end() {
  running == 0;
  if
  :: crash == CUT -> choose_survival(); d_step { cut_power(); skip }
  :: else
  fi;
  crash = 0; down = false;
  tell_state();
  printf("\n")
}

inline tell_world() {
#ifdef LISTEN
  hear(); exchanges = HEARD_NUMBER;
  hear(); reuses_tokens = HEARD_NUMBER;
  hear(); keys = HEARD_NUMBER;
  hear(); identities = HEARD_NUMBER;
#else
  if
  :: exchanges = 0
  :: exchanges = 1
  :: exchanges = 1
  fi;
  if
  :: reuses_tokens = 0
  :: reuses_tokens = 1
  fi;
  if
  :: keys = 0
  :: keys = 0
  :: keys = 1
  :: keys = 2
  fi;
  if
  :: identities = 0
  :: identities = 0
  :: identities = 1
  :: identities = 2
  fi;
  printf("N%d%d%d%d ", exchanges, reuses_tokens, keys, identities);
#endif
  skip;
  d_step {
    clear_world();
    worlds_told++;
    last_key = identities; last_certificate = identities;
    keys_in_token = (keys == 1); keys_by_service = (keys == 2);
    first_world(identities)
  }
}

#ifndef LISTEN
inline one_run() {
  printf("R");
  choose_run();
  start(0, a_command, an_option, a_claim, a_request);
  await_end()
}
#endif

init {
  byte a_command, o, keys, identities, left;
  bool an_option, a_claim, a_request;
  VALUE value;
  short word;
#ifdef LISTEN
  do
  :: hear();
     if
     :: heard == 'Z' -> break
     :: heard == 'N' -> tell_world()
     :: heard == 'R' -> hear_run(); start(0, a_command, an_option, a_claim, a_request); await_end()
     :: heard == 'H' -> d_step { pass_an_hour(); asked = 0 }
     :: heard == 'C' -> choose_survival(); note_crash(); d_step { cut_power(); skip }
     fi
  od;
  printf("accepted %d worlds\n", worlds_told)
#else
  do
  :: worlds_told < WORLDS ->
     tell_world();
     if
     :: left = 1
     :: left = 2
     :: left = 3
     fi;
     do
     :: left > 0 ->
        left--;
        countdown = 0; o = 0;
        do
        :: o < 6 -> countdown = countdown * 2; o++
        :: o < 6 -> countdown = countdown * 2 + 1; o++
        :: else -> break
        od;
        if
        :: troubled = true
        :: troubled = false
        fi;
        one_run();
        if
        :: printf("H"); d_step { pass_an_hour(); asked = 0 }
        :: printf("C"); choose_survival(); note_crash(); d_step { cut_power(); skip }
        :: true
        :: true
        fi
     :: else -> break
     od;
     countdown = 0; troubled = false;
     one_run();
     printf("H"); d_step { pass_an_hour(); asked = 0 };
     one_run()
  :: else -> break
  od;
  printf("Z\n")
#endif
}

