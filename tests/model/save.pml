/* Vault::prepare, save, write_key and write_journal; the identity of `pending/` by write_identity. */
inline step_save() {
  if
  :: at == prepare_1 && prepared -> at = after_prepare
  :: at == prepare_1 && !prepared && root[PENDING] -> at = prepare_2
  :: at == prepare_1 && !prepared && !root[PENDING] ->
     if
     :: (root[IDENTITY] || root[PREVIOUS]) && !MUTANT(rename_unsynced) -> DO('S', '/', make_pending_2)
     :: else -> at = make_pending_2
     fi
  :: at == make_pending_2 -> DO('d', 'p', prepare_2)
  :: at == prepare_2 -> DO('u', PROBE, prepare_3)
  :: at == prepare_3 -> DO_WRITE(PROBE, MAKE(1, 0, 0), prepare_4)
  :: at == prepare_4 -> prepared = true; DO('u', PROBE, after_prepare)
  :: at == save && milestone == ENROLLED -> n = CERT; at = public_1
  :: at == save && milestone == VERIFIED -> at = proof_1
  :: at == save && milestone <= CERTIFIED ->
     counting = counted;
     if
     :: milestone <= KEYMADE && milestone != PLANNED && !final && counted < limit -> counting++
     :: else
     fi;
     at = prepare_1; after_prepare = save_key_1
  :: at == save_key_1 && milestone >= KEYMADE && !keys_in_token && key_on_disk != MINE -> DO('u', KEY, save_key_2)
  :: at == save_key_1 && !(milestone >= KEYMADE && !keys_in_token && key_on_disk != MINE) -> at = save_1
  :: at == save_key_2 -> DO_WRITE(KEY, MAKE(1, MINE, 0), save_key_3)
  :: at == save_key_3 -> key_on_disk = MINE; DO('s', KEY, save_1)
  :: at == save_1 -> DO('u', JNEW, save_2)
  :: at == save_2 ->
     value = MAKE(milestone + 1, (milestone == FRESH -> abandoned : MINE),
                  (milestone == CERTIFIED -> MY_CERTIFICATE : 0));
     value = value | (counting << 3);
     verb = 'w'; name = JNEW; at = save_3
  :: at == save_3 && !MUTANT(journal_unsynced) -> DO('s', JNEW, save_4)
  :: at == save_3 && MUTANT(journal_unsynced) -> at = save_4
  :: at == save_4 -> DO('r', 'j', save_5)
  :: at == save_5 && !MUTANT(name_unsynced) -> DO('S', 'p', save_6)
  :: at == save_5 && MUTANT(name_unsynced) -> at = save_6
  :: at == save_6 && !name_durable -> name_durable = true; DO('S', '/', saved)
  :: at == save_6 && name_durable -> at = saved
  :: at == saved ->
     if
     :: milestone < KEYMADE -> key_on_disk = 0
     :: else
     fi;
     stored = counting; counting = 0;
     note_saved();
     at = after_save
  :: at == public_1 -> DO('u', n, public_2)
  :: at == public_2 ->
     value = MAKE(1, 0, 0);
     if
     :: n == CERT -> value = MAKE(1, 0, MY_CERTIFICATE)
     :: n == IDJ -> note_replaced()
     :: else
     fi;
     verb = 'w'; name = n; at = public_3
  :: at == public_3 -> DO('m', n, public_4)
  :: at == public_4 -> DO('s', n, public_5)
  :: at == public_5 ->
     if
     :: n == CERT -> n = THING; at = public_1
     :: n == THING -> n = CONF; at = public_1
     :: n == CONF -> n = IDJ; at = public_1
     :: n == IDJ -> n = 0; DO('S', 'p', after_save)
     fi
  :: at == proof_1 -> DO('u', IDNEW, proof_2)
  :: at == proof_2 ->
     DO_WRITE(IDNEW, MAKE(1, REPLACES(OBJECT(PENDING)), MY_CERTIFICATE) | VERIFIED_AT, proof_3)
  :: at == proof_3 -> DO('m', IDNEW, proof_4)
  :: at == proof_4 -> DO('s', IDNEW, proof_5)
  :: at == proof_5 -> DO('r', 'i', after_save)
  fi
}

/* identity.json: the certificate, and the one that it replaces (make_identity). */
inline note_replaced() {
  whole = false;
  if
  :: root[IDENTITY] -> is_whole(OBJECT(IDENTITY))
  :: else
  fi;
  value = MAKE(1, (whole && !MUTANT(replaces_nothing) -> INSTALLED_CERTIFICATE : 0), MY_CERTIFICATE)
}
