/* The choices and tokens of a simulation: docs/model.md has the list of tokens.
 *
 * Choices are made by chance and printed; with LISTEN they are read from stdin, as is every operation, end and state,
 * which must be those of the model. */

short heard;
/* The operations until something happens to the run, 0 for never; whether the service may misbehave. */
byte countdown;
bool troubled;
short worlds_told, tokens_told;

#ifdef LISTEN
chan STDIN;
inline hear() {
  do
  :: STDIN?heard ->
     tokens_told++;
     if
     :: heard == ' ' || heard == '\n'
     :: else -> break
     fi
  od
}
inline say(token) {
  hear();
  expect(token)
}
inline expect(token) {
  if
  :: heard == (token)
  :: else ->
     printf("world %d: the code says %c where the model says %c\n", worlds_told, heard, token);
     assert(false)
  fi
}
#define HEARD_NUMBER (heard - '0')
#else
inline hear() { skip }
inline say(token) { printf("%c", token) }
#endif

inline tell_run() { skip }
inline tell_end() { say('e'); say(outcome) }

/* The letters of files, by their numbers, and of pending/ itself. */
byte letter[16] = {'c', 'f', 'i', 'n', 'j', 'J', 'k', 'q', 't', '?', '?', '?', '?', '?', 'p', 'p'};

inline tell_operation() {
  if
  :: verb == '1' || verb == '2'
  :: else ->
#ifdef LISTEN
     expect(verb);
#else
     say(verb);
#endif
     if
     :: verb == 'P' || verb == 'Q' || verb == 'D' || verb == 'E' -> say('.')
     :: verb != 'P' && verb != 'Q' && verb != 'D' && verb != 'E' && name > 15 -> say(name)
     :: name <= 15 -> say(letter[name])
     fi
  fi
}

#ifdef LISTEN
inline choose_fate() {
  hear();
  do
  :: heard == '<' ->
     hear_run();
     start(1 - me, a_command, an_option, a_claim, a_request);
     running == 1;
     hear()
  :: heard == 'K' -> crash = KILL; note_crash(); goto gone
  :: heard == 'X' -> crash = CUT; note_crash(); down = true; goto gone
  :: else -> break
  od
}
inline choose_reaction() {
  say('='); say((verb == '1' -> 'c' : 'r'));
  hear(); reaction = heard
}
inline hear_run() {
  hear(); a_command = heard;
  hear(); an_option = HEARD_NUMBER;
  hear(); a_claim = HEARD_NUMBER;
  hear(); a_request = HEARD_NUMBER
}
#else
inline choose_fate() {
  if
  :: countdown == 0 || me == 1
  :: countdown > 1 && me == 0 -> countdown--
  :: countdown == 1 && me == 0 -> countdown = 0; crash = KILL; note_crash(); say('K'); goto gone
  :: countdown == 1 && me == 0 -> countdown = 0; crash = CUT; note_crash(); down = true; say('X'); goto gone
  :: countdown == 1 && me == 0 -> countdown = 0; crash = CUT; note_crash(); down = true; say('X'); goto gone
  :: countdown == 1 && me == 0 ->
     countdown = 0;
     say('<');
     choose_run();
     start(1 - me, a_command, an_option, a_claim, a_request);
     running == 1
  fi
}
inline choose_reaction() {
  if
  :: reaction = 'a'
  :: reaction = 'a'
  :: reaction = 'a'
  :: troubled -> reaction = 'l'
  :: troubled -> reaction = 'w'
  :: troubled && verb == '2' -> reaction = 't'
  :: troubled && verb == '2' -> reaction = 't'
  :: troubled && tokens_told == 0 -> reaction = 'j'; tokens_told = 1
  fi;
  printf("=%c%c", (verb == '1' -> 'c' : 'r'), reaction)
}
inline choose_run() {
  an_option = 0; a_claim = 0; a_request = 0;
  if
  :: a_command = 'p'
  :: a_command = 'f'
  :: a_command = 'r'
  fi;
  if
  :: an_option = 1
  :: a_claim = 1
  :: a_request = 1
  :: true
  :: true
  :: true
  fi;
  printf("%c%d%d%d ", a_command, an_option, a_claim, a_request)
}
#endif
