/* Commit::install, replace, and the keeping of previous/: the steps of lib/workflow/state/commit.cpp. */

/* Sets `found`: previous/ has a key in the token that neither identity/ nor pending/ has (displaced_key). */
inline find_displaced() {
  found = false;
  if
  :: keys_in_token && root[PREVIOUS] && GOOD(SEEN(OBJECT(PREVIOUS), IDJ)) && GOOD(SEEN(OBJECT(PREVIOUS), CERT)) ->
     found = true;
     has_same_key(IDENTITY);
     has_same_key(PENDING)
  :: else
  fi
}

inline has_same_key(where) {
  if
  :: root[where] && GOOD(SEEN(OBJECT(where), CERT)) ->
     found = found && key_of[B(SEEN(OBJECT(where), CERT))] != key_of[CERTIFICATE(OBJECT(PREVIOUS))]
  :: else
  fi
}

inline step_commit() {
  if
  :: at == commit ->
     do
     :: n < NF && (SEEN(OBJECT(PENDING), n) == 0 || n == CERT || n == CONF || n == IDJ || n == THING ||
                   (n == KEY && !keys_in_token) || (n == JOURNAL && MUTANT(journal_stays))) -> n++
     :: else -> break
     od;
     if
     :: n < NF -> verb = 'u'; name = n
     :: else -> n = 0; at = commit_mode
     fi
  :: at == commit_mode ->
     do
     :: n < NF && (!(n == CERT || n == CONF || n == IDJ || n == THING) || IS_SET(SEEN(OBJECT(PENDING), n), OPEN)) ->
        n++
     :: else -> break
     od;
     if
     :: n < NF -> DO('m', n, commit_mode_2)
     :: else -> n = 0; at = commit_open
     fi
  :: at == commit_mode_2 -> DO('s', n, commit_mode)
  :: at == commit_open -> DO('m', DIRECTORY, commit_sync)
  :: at == commit_sync && !MUTANT(pending_unsynced) -> DO('S', 'p', commit_rename)
  :: at == commit_sync && MUTANT(pending_unsynced) -> at = commit_rename
  :: at == commit_rename && root[IDENTITY] -> at = replace_it
  :: at == commit_rename && !root[IDENTITY] && root[PREVIOUS] && !MUTANT(first_rename_unsynced) ->
     DO('S', '/', renames_4)
  :: at == commit_rename && !root[IDENTITY] && (!root[PREVIOUS] || MUTANT(first_rename_unsynced)) -> at = renames_4
  :: at == replace_it ->
     find_displaced();
     displaces = found;
     at = (displaces || !root[PREVIOUS] -> cleared : clear_previous);
     if
     :: !displaces && !root[PREVIOUS] -> verb = 'R'; name = 'o'
     :: else
     fi
  :: at == clear_previous -> forget_displaced(); next_file(OBJECT(PREVIOUS), 'v', drop_4); back_2 = cleared
  :: at == drop_4 -> DO('R', 'o', back_2)
  :: at == cleared ->
     is_whole(OBJECT(IDENTITY));
     at = (whole && exchanges && REPLACES(OBJECT(PENDING)) == INSTALLED_CERTIFICATE && !MUTANT(two_renames) ->
           exchange_1 : renames_1)
  :: at == exchange_1 -> DO('x', 'x', exchange_2)
  :: at == exchange_2 && !MUTANT(exchange_unsynced) -> DO('S', '/', exchange_3)
  :: at == exchange_2 && MUTANT(exchange_unsynced) -> at = exchange_3
  :: at == exchange_3 && displaces -> at = keep_1
  :: at == exchange_3 && !displaces -> DO('r', 'p', back)
  :: at == renames_1 -> back_2 = renames_2; at = drop_1
  :: at == renames_2 -> DO('r', 'o', renames_3)
  :: at == renames_3 -> DO('S', '/', renames_4)
  :: at == renames_4 -> DO('r', 'c', renames_5)
  :: at == renames_5 && !MUTANT(commit_unsynced) -> DO('S', '/', back)
  :: at == renames_5 && MUTANT(commit_unsynced) -> at = back
  :: at == keep_1 -> back_2 = keep_2; at = drop_1
  :: at == keep_2 -> DO('S', '/', keep_3)
  :: at == keep_3 -> DO('r', 'p', keep_4)
  :: at == keep_4 -> DO('S', '/', back)
  :: at == drop_1 ->
     find_displaced();
     at = (found -> drop_2 : drop_3)
  :: at == drop_2 ->
     victim = key_of[CERTIFICATE(OBJECT(PREVIOUS))];
     after_destroy = drop_3; forget_displaced(); at = destroy_1
  :: at == drop_3 && root[PREVIOUS] -> forget_displaced(); next_file(OBJECT(PREVIOUS), 'v', drop_4)
  :: at == drop_3 && !root[PREVIOUS] -> at = drop_4
  fi
}
