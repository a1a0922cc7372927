/* What must hold, each with the sentence of the documentation that promises it, and the memory that it needs. */

/* The certificate of the identity that is being replaced; the certificate that is durable and may still become an
 * identity; whether the next request for a certificate has a reason; the requests of the last hour that no identity and
 * no --force has excused. */
byte old, durable, asked;
bool may_ask = true;
/* A key, and whether something names it. */
hidden byte a_key;
hidden byte named;

inline excuse() { durable = 0; may_ask = true }
inline excuse_if(condition) { may_ask = may_ask || (condition) }
inline forgive() { asked = 0 }
inline rejected() { asked-- }

/* An invariant: the sentence that promises it, and what must be true. pan -r prints the sentence. */
#define HOLD(sentence, condition) \
  if \
  :: (condition) \
  :: else -> printf(sentence); assert(false) \
  fi

/* A run that will replace what is in identity/ begins. */
inline begin_replacing() {
  old = (root[IDENTITY] -> CERTIFICATE(OBJECT(IDENTITY)) : 0);
  if
  :: command != 'p' && durable != 0 && durable == old -> excuse(); asked = 0
  :: else
  fi
}

inline note_saved() {
  if
  :: milestone == CERTIFIED -> durable = MY_CERTIFICATE
  :: else
  fi
}

/* previous/ makes room: its key may be lost from now on. */
inline forget_displaced() {
  if
  :: root[PREVIOUS] && GOOD(SEEN(OBJECT(PREVIOUS), CERT)) -> sent[key_of[B(SEEN(OBJECT(PREVIOUS), CERT))]] = false
  :: else
  fi
}

/* A power cut or the end of the process: "A crash before that costs at most one certificate". */
inline note_crash() { excuse_if(durable == 0) }

/* Sets `found`: after a power cut now, whatever it loses, pending/ has a journal of this milestone at least, and the
 * key. */
inline is_safe(kind_wanted) {
  found = root_changes == 0 && root_kept[PENDING] != 0;
  if
  :: found ->
     d = OBJECT(PENDING);
     found = KIND(KEPT(d, JOURNAL)) > (kind_wanted) && IS_SET(KEPT(d, JOURNAL), SYNCED) &&
             A(KEPT(d, JOURNAL)) == MINE &&
             (in_token[MINE] || (IS_SET(KEPT(d, KEY), SYNCED) && A(KEPT(d, KEY)) == MINE))
  :: else
  fi
}

inline check_request() {
  HOLD("\nviolates: once a certificate is durable no other is requested\n", durable == 0);
  HOLD("\nviolates: A crash before that costs at most one certificate\n", may_ask);
  asked++;
  HOLD("\nviolates: at most four are requested within an hour\n", asked <= limit);
  may_ask = false;
  if
  :: !keys_by_service ->
     is_safe(KEYMADE);
     HOLD("\nviolates: A key is durable before its CSR is sent\n", found);
     sent[MINE] = true
  :: else
  fi
}

inline check_register() {
  is_safe(CERTIFIED);
  found = found && B(KEPT(OBJECT(PENDING), JOURNAL)) == MY_CERTIFICATE;
  HOLD("\nviolates: certificate and token before RegisterThing is sent\n", found)
}

/* "At every instant identity/ is absent or complete. With --force and rotate it is the old identity or the new one." */
inline check_identity() {
  if
  :: root[IDENTITY] ->
     d = OBJECT(IDENTITY);
     is_whole(d);
     HOLD("\nviolates: At every instant identity/ is absent or complete\n", whole);
     HOLD("\nviolates: ownership tokens are in their files and nowhere else\n",
          SEEN(d, JOURNAL) == 0 && SEEN(d, JNEW) == 0 && SEEN(d, PROBE) == 0);
     HOLD("\nviolates: At every instant identity/ is complete, with its modes\n",
          enterable[d] && IS_SET(SEEN(d, CERT), OPEN) && IS_SET(SEEN(d, CONF), OPEN) && IS_SET(SEEN(d, IDJ), OPEN) &&
          IS_SET(SEEN(d, THING), OPEN));
     HOLD("\nviolates: it is the old identity or the new one\n",
          CERTIFICATE(d) == old || registered[CERTIFICATE(d)])
  :: !root[IDENTITY] && old && exchanges ->
     /* The run that renamed it was killed before the sync: it is pending/ again, and the next run finishes. */
     whole = false;
     if
     :: root[PENDING] -> is_whole(OBJECT(PENDING))
     :: else
     fi;
     HOLD("\nviolates: With --force and rotate it is the old identity or the new one\n",
          whole && SEEN(OBJECT(PENDING), JOURNAL) == 0 && CERTIFICATE(OBJECT(PENDING)) == old)
  :: else
  fi
}

/* docs/rotation.md: "The current identity stays in place, complete, until the new one has connected. Then one system
 * call exchanges them, and the old one becomes previous/." */
inline check_old() {
  found = (old == 0);
  j = 0;
  do
  :: j < 3 ->
     if
     :: root[j] && !found -> is_whole(OBJECT(j)); found = whole && CERTIFICATE(OBJECT(j)) == old
     :: else
     fi;
     j++
  :: else -> break
  od;
  HOLD("\nviolates: one system call exchanges them, and the old one becomes previous/\n", found)
}

/* "A key whose CSR was sent is never lost". docs/hardware-keys.md: "A power cut at any moment leaves no second key". */
inline check_keys() {
  a_key = 1;
  do
  :: a_key < NID ->
     if
     :: sent[a_key] || in_token[a_key] ->
        find_key();
        HOLD("\nviolates: A key whose CSR was sent is never lost\n", !sent[a_key] || found);
        HOLD("\nviolates: A power cut at any moment leaves no second key\n", !in_token[a_key] || named)
     :: else
     fi;
     a_key++
#ifdef REPLAY
  :: a_key > last_key -> break
#endif
  :: else -> break
  od
}

/* Sets `found`: a file or the token holds the key; and `named`: a file names it. */
inline find_key() {
  found = in_token[a_key]; named = false; j = 0;
  do
  :: j < 3 ->
     if
     :: root[j] ->
        found = found || (GOOD(SEEN(OBJECT(j), KEY)) && A(SEEN(OBJECT(j), KEY)) == a_key);
        named = named || (GOOD(SEEN(OBJECT(j), JOURNAL)) && A(SEEN(OBJECT(j), JOURNAL)) == a_key) ||
                (GOOD(SEEN(OBJECT(j), CERT)) && key_of[B(SEEN(OBJECT(j), CERT))] == a_key)
     :: else
     fi;
     j++
  :: else -> break
  od
}

inline check_disk() {
  check_identity();
  check_old();
  check_keys()
}

/* "The next run finishes the job": what a run leaves that says so. */
inline check_end(how) {
  /* A gateway whose identity is for another request, or that has none to rotate, is told so. */
  HOLD("\nviolates: The next run finishes the job or reports the cause\n",
       how == 'I' || how == 'A' || how == 'T' || how == 'O' || how == 'N');
  if
  :: how == 'N' -> HOLD("\nviolates: not-provisioned: there is no identity\n", root[IDENTITY] == 0)
  :: how == 'O' -> HOLD("\nviolates: other-identity: there is one\n", root[IDENTITY] != 0)
  :: how == 'I' || how == 'A' || how == 'T' ->
     HOLD("\nviolates: The next run finishes the job\n",
          root[IDENTITY] != 0 && registered[CERTIFICATE(OBJECT(IDENTITY))])
  :: else
  fi;
  if
  :: how == 'I' || how == 'T' ->
     /* docs/rotation.md: "the old one becomes previous/" */
     HOLD("\nviolates: everything unfinished is in pending/\n", root[PENDING] == 0);
     check_previous();
     HOLD("\nviolates: the commit is durable when it returns\n", root_kept[IDENTITY] == root[IDENTITY])
  :: else
  fi;
  check_disk()
}

inline check_previous() {
  if
  :: old && CERTIFICATE(OBJECT(IDENTITY)) != old ->
     whole = false;
     if
     :: root[PREVIOUS] -> is_whole(OBJECT(PREVIOUS))
     :: else
     fi;
     HOLD("\nviolates: the old one becomes previous/\n", whole && CERTIFICATE(OBJECT(PREVIOUS)) == old)
  :: else
  fi
}
