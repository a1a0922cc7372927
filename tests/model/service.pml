/* The service: certificates, ownership tokens, things; and where keys are.
 *
 * A token is accepted, refused although nothing is wrong with it, used before, or an hour old. Each request may be
 * answered, rejected, lost on its way, or executed with its response lost. */

#define NO_TOKEN 0
#define LIVE 1
#define USED 2
#define DEAD 3

/* The key of a certificate, who requested it (a claim, 0 or 1, or 2 + the certificate of the identity that rotates),
 * for which request it was registered, and its token. */
byte key_of[NID];
byte asked_by[NID];
bool thing_of[NID];
byte token_of[NID];
bool registered[NID];
/* The option of a key (--key-type), whether its CSR was sent, and whether the token of the gateway holds it. */
bool option_of[NID];
bool sent[NID];
bool in_token[NID];

/* The service accepts a token for a second time. */
bool reuses_tokens;
/* Keys are made in a token; the service makes them (--method keys). */
bool keys_in_token, keys_by_service;

#ifdef REPLAY
byte last_key, last_certificate;
#endif

hidden short keys_named, certificates_named;
hidden byte fresh_id;

inline note_ids(v) {
  keys_named = keys_named | (1 << A(v));
  certificates_named = certificates_named | (1 << A(v)) | (1 << B(v))
}

/* Which numbers are taken, by anything that any disk or process can still find. */
inline find_names() {
  keys_named = 1 << held_key[0] | 1 << held_key[1];
  certificates_named = 1 << held_certificate[0] | 1 << held_certificate[1] | 1 << old | 1 << durable;
  i = 0;
  do
  :: i < ND * NF -> note_ids(seen[i]); note_ids(kept[i]); i++
  :: else -> break
  od;
  i = 0;
  do
  :: i < ND * NC -> note_ids(file[i]); i++
  :: else -> break
  od;
  i = 1;
  do
  :: i < NID ->
     if
     :: certificates_named & (1 << i) -> keys_named = keys_named | (1 << key_of[i])
     :: else
     fi;
     i++
  :: else -> break
  od;
  i = 1;
  do
  :: i < NID ->
     if
     :: sent[i] || in_token[i] -> keys_named = keys_named | (1 << i)
     :: else
     fi;
     i++
  :: else -> break
  od
}

/* Sets `fresh_id` to the number of a new key. */
inline new_key(option) {
#ifdef REPLAY
  last_key++; fresh_id = last_key;
#else
  find_names();
  fresh_id = 1;
  do
  :: keys_named & (1 << fresh_id) -> fresh_id++; assert(fresh_id < NID)
  :: else -> break
  od;
#endif
  option_of[fresh_id] = option
}

/* Sets `fresh_id` to the number of a new certificate. */
inline new_certificate(key, requester) {
#ifdef REPLAY
  last_certificate++; fresh_id = last_certificate;
#else
  find_names();
  fresh_id = 1;
  do
  :: certificates_named & (1 << fresh_id) -> fresh_id++; assert(fresh_id < NID)
  :: else -> break
  od;
#endif
  key_of[fresh_id] = key;
  asked_by[fresh_id] = requester;
  thing_of[fresh_id] = 0;
  registered[fresh_id] = 0;
  token_of[fresh_id] = LIVE
}

/* After an hour the service has deleted certificates that were not registered, and counts are too old to matter. */
inline pass_an_hour() {
  i = 1;
  do
  :: i < NID ->
     if
     :: token_of[i] == LIVE || token_of[i] == USED -> token_of[i] = DEAD
     :: else
     fi;
     i++
  :: else -> break
  od;
  i = 0;
  do
  :: i < ND ->
     age(SEEN(i, JOURNAL)); age(KEPT(i, JOURNAL)); age(SEEN(i, JNEW)); age(KEPT(i, JNEW)); i++
  :: else -> break
  od;
  i = 0;
  do
  :: i < ND * NC ->
     if
     :: comes[i] == JOURNAL || comes[i] == JNEW -> age(file[i])
     :: else
     fi;
     i++
  :: else -> break
  od
}

inline age(v) {
  if
  :: GOOD(v) -> v = v | AGED
  :: else
  fi
}
