/* One run of `provision` or `rotate`: a table of steps. Each line is a place in the code, named by function; it says
 * which operation comes next (verb and name, and for a new file its content), or decides without one, and what follows.
 * docs/model.md maps the steps to files. Between two operations a run changes nothing that outlives it. */

/* Places in the table, a group for each of its parts; the first of a group has the largest number. */
mtype = { begin, make_root, take_lock, locked, discard, discard_end, begun }
mtype = { load, durable_1, durable_2, durable_3, reconcile, withdraw_1, withdraw_2, withdraw_3, settle, destroy_1,
          destroy_2 }
mtype = { enrol, attempt, step, make_key_1, make_key_2, count_request, request_1, request_2, request_3, request_4,
          register_1, register_2, register_3, register_4, verify_1, verify_2, verify_3, verify_4, verify_5, verify_6,
          commit_end, lost, failed, ended }
mtype = { save, make_pending_2, prepare_1, prepare_2, prepare_3, prepare_4, save_key_1, save_key_2, save_key_3, save_1,
          save_2, save_3, save_4, save_5, save_6, saved, public_1, public_2, public_3, public_4, public_5, proof_1,
          proof_2, proof_3, proof_4, proof_5 }
mtype = { commit, commit_mode, commit_mode_2, commit_open, commit_sync, commit_rename, replace_it, clear_previous,
          cleared, exchange_1, exchange_2, exchange_3, renames_1, renames_2, renames_3, renames_4, renames_5, keep_1,
          keep_2, keep_3, keep_4, drop_1, drop_2, drop_3, drop_4 }

/* One operation, as the code tells the disk, the service or the device: a letter for the verb, and a file of pending/,
 * a directory, or a letter (docs/model.md). */
#define DO(v, n, next) verb = v; name = n; at = next
#define DO_WRITE(n, content, next) verb = 'w'; name = n; value = content; at = next
#define DIRECTORY NONE
#define DIRECTORY_PRIVATE 14
#define INSTALLED_CERTIFICATE CERTIFICATE(OBJECT(IDENTITY))

inline end_with(how) { outcome = how; at = ended }
inline fail_with(how) { outcome = how; at = failed }

/* Whether the identity that is installed is for the request of this run, without --force: the end of the run. */
inline judge_installed(how) {
  if
  :: thing_of[INSTALLED_CERTIFICATE] == request -> end_with(how)
  :: else -> end_with('O')
  fi
}

/* The milestone of the journal in pending/, as Vault::peek reads it; sets kind, and the certificate of the journal. */
inline read_milestone() {
  value = SEEN(OBJECT(PENDING), JOURNAL);
  kind = KIND(value) - 1;
  if
  :: kind >= KEYMADE && !keys_in_token &&
     (!GOOD(SEEN(OBJECT(PENDING), KEY)) || A(SEEN(OBJECT(PENDING), KEY)) != A(value)) -> kind = FRESH; value = 0
  :: kind == CERTIFIED &&
     (keys_in_token || (GOOD(SEEN(OBJECT(PENDING), KEY)) && A(SEEN(OBJECT(PENDING), KEY)) == A(value))) ->
     is_whole(OBJECT(PENDING));
     if
     :: whole && CERTIFICATE(OBJECT(PENDING)) == B(value) ->
        kind = (IS_SET(SEEN(OBJECT(PENDING), IDJ), VERIFIED_AT) -> VERIFIED : ENROLLED)
     :: else
     fi
  :: else
  fi
}

inline step_begin() {
  if
  :: at == begin && command == 'p' && root[IDENTITY] -> judge_installed('A')
  :: at == begin && command == 'r' && root[IDENTITY] ->
     if
     :: thing_of[INSTALLED_CERTIFICATE] == request -> at = make_root
     :: else -> end_with('O')
     fi
  :: at == begin && command == 'r' && !root[IDENTITY] && !root[PENDING] -> end_with('N')
  :: at == begin && (command == 'f' || (!root[IDENTITY] && (command == 'p' || root[PENDING]))) -> at = make_root
  :: at == make_root && !root_made -> DO('M', '.', take_lock)
  :: at == make_root && root_made -> at = take_lock
  :: at == take_lock -> DO('L', '.', locked)
  :: at == locked && refused_lock -> end_with('B')
  :: at == locked && !refused_lock -> find_action()
  :: at == discard -> next_file(OBJECT(PENDING), 'u', discard_end)
  :: at == discard_end -> DO('R', 'p', begun)
  :: at == begun -> begin_under_lock()
  fi
}

/* Commit::recover, next_action. */
inline find_action() {
  n = 0;
  if
  :: root[PENDING] == 0 || SEEN(OBJECT(PENDING), JOURNAL) -> at = begun
  :: else ->
     is_whole(OBJECT(PENDING));
     found = whole;
     whole = false;
     if
     :: found && root[IDENTITY] -> is_whole(OBJECT(IDENTITY))
     :: else
     fi;
     back = begun;
     if
     :: !found -> at = discard
     :: found && whole && REPLACES(OBJECT(IDENTITY)) == CERTIFICATE(OBJECT(PENDING)) -> at = keep_1
     :: found && !(whole && REPLACES(OBJECT(IDENTITY)) == CERTIFICATE(OBJECT(PENDING))) ->
        committed = true; at = commit
     fi
  fi
}

/* The next file of an object is removed, from n on, by the verb; without one the run goes on at `next`. */
inline next_file(o, v, next) {
  do
  :: n < NF && SEEN(o, n) == 0 -> n++
  :: else -> break
  od;
  if
  :: n < NF -> verb = v; name = n
  :: else -> n = 0; at = next
  fi
}

/* find_identity_under_lock of provision; IdentityStart::begin of rotate. */
inline begin_under_lock() {
  if
  :: command == 'p' && root[IDENTITY] && !(MUTANT(no_second_look) && !committed) ->
     judge_installed((committed -> 'I' : 'A'))
  :: command == 'f' && committed && thing_of[INSTALLED_CERTIFICATE] == request -> end_with('I')
  :: command == 'r' && root[IDENTITY] == 0 -> end_with('N')
  :: command == 'r' && root[IDENTITY] && thing_of[INSTALLED_CERTIFICATE] != request -> end_with('O')
  :: command == 'r' && root[IDENTITY] && thing_of[INSTALLED_CERTIFICATE] == request && committed &&
     REPLACES(OBJECT(IDENTITY)) ->
     at = verify_1
  :: else ->
     at = load;
     requester = (command == 'r' -> 2 + INSTALLED_CERTIFICATE : claim);
     begin_replacing()
  fi
}

/* Vault::load, and Steps::resume up to the reconciliation. */
inline step_load() {
  if
  :: at == load && root[PENDING] == 0 -> at = enrol; resumed = true
  :: at == load && root[PENDING] && !GOOD(SEEN(OBJECT(PENDING), JOURNAL)) -> fail_with('J')
  :: at == load && root[PENDING] && GOOD(SEEN(OBJECT(PENDING), JOURNAL)) ->
     value = SEEN(OBJECT(PENDING), JOURNAL);
     counted = COUNT(value); stored = counted;
     if
     :: IS_SET(value, AGED) ->
        counted = 0;
        stored = (MUTANT(aged_count_covers) || MUTANT(count_over_journal) -> stored : 0)
     :: else
     fi;
     read_milestone();
     milestone = kind;
     MINE = A(value); MY_CERTIFICATE = B(value);
     key_on_disk = (kind >= KEYMADE && !keys_in_token -> MINE : 0);
     at = (kind >= ENROLLED -> durable_1 : durable_2)
  :: at == durable_1 -> DO('s', IDJ, durable_2)
  :: at == durable_2 -> DO('S', 'p', durable_3)
  :: at == durable_3 -> name_durable = true; DO('S', '/', reconcile)
  :: at == reconcile -> compare_options()
  :: at == withdraw_1 && enterable[OBJECT(PENDING)] -> DO('m', DIRECTORY_PRIVATE, withdraw_2)
  :: at == withdraw_1 && !enterable[OBJECT(PENDING)] -> at = withdraw_2
  :: at == withdraw_2 -> DO('u', IDJ, withdraw_3)
  :: at == withdraw_3 -> after_save = settle; DO('S', 'p', save)
  :: at == settle ->
     resumed = true;
     find_key_owner(abandoned);
     victim = (used -> 0 : abandoned);
     abandoned = 0;
     at = (victim -> destroy_1 : enrol); after_destroy = enrol
  :: at == destroy_1 -> DO('D', 'd', destroy_2)
  :: at == destroy_2 -> DO('E', 'd', after_destroy)
  fi
}

/* Sets `used`: identity/ or previous/ has the key. */
inline find_key_owner(key) {
  used = false;
  if
  :: root[IDENTITY] -> used = (key_of[CERTIFICATE(OBJECT(IDENTITY))] == key)
  :: else
  fi;
  if
  :: root[PREVIOUS] && !used && GOOD(SEEN(OBJECT(PREVIOUS), IDJ)) ->
     used = (key_of[CERTIFICATE(OBJECT(PREVIOUS))] == key)
  :: else
  fi
}

/* Steps::reconcile_with_plan and the Reconciler. */
inline compare_options() {
  if
  :: command == 'f' && counted >= limit -> counted = 0; forgive()
  :: else
  fi;
  kind = milestone;
  if
  :: milestone == PLANNED || milestone == KEYMADE ->
     milestone = (KEY_FITS -> milestone : FRESH)
  :: milestone == CERTIFIED ->
     if
     :: !KEY_FITS -> milestone = FRESH
     :: KEY_FITS && asked_by[MY_CERTIFICATE] != requester ->
        milestone = (keys_by_service -> FRESH : KEYMADE)
     :: else
     fi
  :: milestone >= ENROLLED ->
     if
     :: KEY_FITS && asked_by[MY_CERTIFICATE] == requester && thing_of[MY_CERTIFICATE] == request
     :: else ->
        if
        :: command != 'f' -> milestone = FRESH; kind = NONE
        :: else -> milestone = (KEY_FITS && !keys_by_service -> KEYMADE : FRESH)
        fi
     fi
  :: else
  fi;
  if
  :: kind == NONE -> fail_with('U')
  :: else ->
     if
     :: milestone < CERTIFIED && kind >= CERTIFIED -> MY_CERTIFICATE = 0; excuse()
     :: else
     fi;
     if
     :: milestone == FRESH ->
        if
        :: kind != FRESH -> sent[MINE] = false; excuse()
        :: else
        fi;
        abandoned = (keys_in_token -> MINE : 0); MINE = 0
     :: else
     fi;
     if
     :: kind >= ENROLLED && milestone < ENROLLED -> at = withdraw_1
     :: kind != FRESH && kind < ENROLLED && milestone == FRESH && abandoned -> at = save; after_save = settle
     :: else -> at = settle
     fi
  fi
}

/* Enrolment::run and Steps::next, up to the answers of the service. */
inline step_enrol() {
  if
  :: at == enrol && milestone <= KEYMADE && counted >= limit -> fail_with('L')
  :: at == enrol && milestone <= CERTIFIED && !(milestone <= KEYMADE && counted >= limit) ->
     at = prepare_1; after_prepare = attempt
  :: at == enrol && milestone > CERTIFIED -> at = attempt
  :: at == attempt ->
     attempts++;
     if
     :: milestone <= KEYMADE && counted >= limit -> fail_with('L')
     :: else -> at = step
     fi
  :: at == step && milestone == FRESH && keys_by_service -> at = count_request
  :: at == step && milestone == FRESH && !keys_by_service ->
     new_key(option); MINE = fresh_id;
     milestone = (keys_in_token -> PLANNED : KEYMADE);
     if
     :: keys_in_token && MUTANT(key_before_plan) -> milestone = PLANNED; at = make_key_1
     :: !keys_in_token && MUTANT(request_before_save) -> at = request_1
     :: else -> at = save; after_save = step
     fi
  :: at == step && milestone == PLANNED && !in_token[MINE] -> at = make_key_1
  :: at == step && milestone == PLANNED && in_token[MINE] -> milestone = KEYMADE; at = save; after_save = step
  :: at == make_key_1 -> DO('D', 'm', make_key_2)
  :: at == make_key_2 -> milestone = KEYMADE; after_save = step; DO('E', 'm', save)
  :: at == step && milestone == KEYMADE -> at = count_request
  :: at == count_request ->
     after_save = request_1;
     if
     :: counted >= limit -> fail_with('L')
     :: counted < limit && (stored > counted || MUTANT(request_uncounted)) -> at = request_1
     :: counted < limit && stored <= counted && !MUTANT(request_uncounted) -> at = save
     fi
  :: at == request_1 -> check_request(); DO('P', 'c', request_2)
  :: at == request_2 -> verb = '1'; at = request_3
  :: at == request_3 -> DO('Q', 'c', request_4)
  :: at == request_4 -> judge_created()
  :: at == step && milestone == CERTIFIED -> at = register_1
  :: at == register_1 -> check_register(); DO('P', 'r', register_2)
  :: at == register_2 -> verb = '2'; at = register_3
  :: at == register_3 -> DO('Q', 'r', register_4)
  :: at == register_4 -> judge_registered()
  :: at == step && milestone == ENROLLED && command == 'r' -> milestone = VERIFIED; at = save; after_save = step
  :: at == step && ((milestone == ENROLLED && command != 'r') || milestone == VERIFIED) ->
     at = commit; back = commit_end; n = 0
  :: at == verify_1 && IS_SET(SEEN(OBJECT(IDENTITY), IDJ), VERIFIED_AT) -> end_with('T')
  :: at == verify_1 && !IS_SET(SEEN(OBJECT(IDENTITY), IDJ), VERIFIED_AT) -> DO('h', IDNEW, verify_2)
  :: at == verify_2 ->
     verb = 'y'; name = IDNEW; at = verify_3;
     value = MAKE(1, REPLACES(OBJECT(IDENTITY)), INSTALLED_CERTIFICATE) | VERIFIED_AT
  :: at == verify_3 -> DO('o', IDNEW, verify_4)
  :: at == verify_4 -> DO('z', IDNEW, verify_5)
  :: at == verify_5 -> DO('r', 'v', verify_6)
  :: at == verify_6 -> DO('S', 'i', verify_1)
  :: at == commit_end -> milestone = INSTALLED; end_with((command == 'r' -> 'T' : 'I'))
  :: at == lost && attempts < 2 -> at = attempt
  :: at == lost && attempts >= 2 -> fail_with('C')
  :: at == failed ->
     at = ended;
     if
     :: (stored != counted || outcome == 'L') && milestone <= KEYMADE &&
        (resumed || MUTANT(count_over_journal)) ->
        at = save; final = true; after_save = ended
     :: else
     fi
  fi
}

/* What the run makes of the answer to CreateCertificate…; `reaction` is what the service did. */
inline judge_created() {
  counted++;
  excuse_if(reaction != 'a');
  if
  :: reaction == 'a' ->
     MY_CERTIFICATE = fresh_certificate; MINE = key_of[fresh_certificate];
     milestone = CERTIFIED; after_save = step;
     at = (MUTANT(register_before_save) -> register_1 : save)
  :: reaction == 'j' -> counted--; rejected(); fail_with('X')
  :: else -> at = lost
  fi;
  fresh_certificate = 0
}

inline judge_registered() {
  if
  :: reaction == 'a' && token_works ->
     milestone = ENROLLED; thing_of[MY_CERTIFICATE] = request; at = save; after_save = step
  :: (reaction == 'a' || reaction == 't') && !token_works ->
     MY_CERTIFICATE = 0; excuse();
     if
     :: keys_by_service || MUTANT(forget_key) -> milestone = FRESH; MINE = 0
     :: else -> milestone = KEYMADE
     fi;
     at = save; after_save = step
  :: reaction == 'j' -> fail_with('X')
  :: reaction == 'l' || reaction == 'w' -> at = lost
  fi
}
