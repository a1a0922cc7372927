/* The choices of a verification: all that the faults left allow. */

/* What pan -r prints of a trail. */
inline tell_run() { printf("\n%d: %c%d%d%d", me, command, option, claim, request) }
inline tell_end() { printf(" -> %c", outcome) }
inline tell_operation() {
  if
  :: verb == '1' || verb == '2' -> printf(" =%c", reaction)
  :: verb != '1' && verb != '2' && name > 15 -> printf(" %c%c", verb, name)
  :: verb != '1' && verb != '2' && name <= 15 -> printf(" %c%d", verb, name)
  fi
}

inline choose_fate() {
  if
  :: true
  :: faults > 0 -> faults--; crash = KILL; note_crash(); printf(" KILL"); goto gone
  :: faults > 0 -> faults--; crash = CUT; note_crash(); printf(" CUT"); down = true; goto gone
  fi
}

inline choose_reaction() {
  if
  :: reaction = 'a'
  :: mischief > 0 -> mischief--; reaction = 'l'
  :: mischief > 0 -> mischief--; reaction = 'w'
  :: mischief > 0 -> mischief--; reaction = 'j'
  :: mischief > 0 && verb == '2' -> mischief--; reaction = 't'
  fi
}
