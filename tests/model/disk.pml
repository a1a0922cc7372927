/* The state directory as the fake disk of tests/fakes keeps it: names and bytes that programs see, and those that a
 * power cut leaves.
 *
 * A name is durable after its directory was synced, and bytes after their file was. Each directory has a list of its
 * unsynced changes of names. After a cut any of these changes may have survived, in any combination, and bytes that
 * were not synced are there or are not (BAD). Modes of files and directories change at once, as on the fake disk.
 *
 * A directory is an object that the root names `pending`, `identity` or `previous`; a rename moves the object. */

/* Names of files, in the order in which a directory lists them. */
#define CERT 0
#define CONF 1
#define IDJ 2
#define IDNEW 3
#define JOURNAL 4
#define JNEW 5
#define KEY 6
#define PROBE 7
#define THING 8
#define NF 9
#define NONE 15

/* Names in the root. */
#define PENDING 0
#define IDENTITY 1
#define PREVIOUS 2

#ifdef REPLAY
/* Numbers of keys and certificates are never used again, so that they are those of the fakes. */
#define VALUE int
#define IDBITS 7
#define NID 128
#define ND 9
#define NC 24
#define NR 16
#else
#define VALUE short
#define IDBITS 3
#define NID 8
#define ND 5
#define NC 14
#define NR 7
#endif
#define IDMASK (NID - 1)

/* A file, 0 where there is none. Bits 0 to 2: the milestone of a journal plus one, else 1. Bits 3 to 5: the count of a
 * journal; of other files the mode 0644 and the date of verification. A: a key, or the certificate that identity.json
 * says it replaced. B: a certificate. */
#define OPEN 8
#define VERIFIED_AT 16
#define SYNCED 64
#define BAD 128
#define AGED 256
#define KIND(v) ((v) & 7)
#define COUNT(v) (((v) >> 3) & 7)
#define A(v) (((v) >> 9) & IDMASK)
#define B(v) (((v) >> (9 + IDBITS)) & IDMASK)
#define MAKE(kind, a, b) ((kind) | ((a) << 9) | ((b) << (9 + IDBITS)))
#define GOOD(v) ((v) != 0 && ((v) & BAD) == 0)
#define TORN (1 | SYNCED | BAD)

#define SEEN(d, n) seen[(d) * NF + (n)]
#define KEPT(d, n) kept[(d) * NF + (n)]

VALUE seen[ND * NF];
VALUE kept[ND * NF];
bool enterable[ND];
/* The unsynced changes: the name that goes, the name that comes, its file. */
byte changes[ND];
byte goes[ND * NC];
byte comes[ND * NC];
VALUE file[ND * NC];

/* The root's names: an object plus one, or 0. */
bool root_made;
byte root[3];
byte root_kept[3];
byte root_changes;
byte root_a[NR], root_av[NR], root_b[NR], root_bv[NR];

hidden byte i, j, d, last;
hidden byte found, whole, used;

#define OBJECT(name) (root[name] - 1)

inline change(o, from, to, v) {
  assert(changes[o] < NC);
  goes[(o) * NC + changes[o]] = from;
  comes[(o) * NC + changes[o]] = to;
  file[(o) * NC + changes[o]] = v;
  changes[o]++
}

inline forget_changes(o) {
  i = 0;
  do
  :: i < changes[o] -> goes[(o) * NC + i] = 0; comes[(o) * NC + i] = 0; file[(o) * NC + i] = 0; i++
  :: else -> break
  od;
  changes[o] = 0
}

inline write_new(o, n, v) {
  assert(SEEN(o, n) == 0);
  SEEN(o, n) = v;
  change(o, NONE, n, v)
}

inline remove_file(o, n) {
  if
  :: SEEN(o, n) -> SEEN(o, n) = 0; change(o, n, NONE, 0)
  :: else
  fi
}

inline rename_file(o, from, to) {
  SEEN(o, to) = SEEN(o, from);
  SEEN(o, from) = 0;
  change(o, from, to, SEEN(o, to))
}

/* Marks the file itself, wherever it is held: its bytes are synced, or its mode is 0644. */
inline mark(o, n, fact) {
  assert(SEEN(o, n) != 0);
  SEEN(o, n) = SEEN(o, n) | fact;
  i = changes[o]; found = false;
  do
  :: i == 0 || found -> break
  :: else -> i--; found = (comes[(o) * NC + i] == n)
  od;
  if
  :: found -> file[(o) * NC + i] = file[(o) * NC + i] | fact
  :: else -> KEPT(o, n) = KEPT(o, n) | fact
  fi
}

inline sync_directory(o) {
  i = 0;
  do
  :: i < NF -> KEPT(o, i) = SEEN(o, i); i++
  :: else -> break
  od;
  forget_changes(o)
}

inline root_change(a, av, b, bv) {
  assert(root_changes < NR);
  root_a[root_changes] = a; root_av[root_changes] = av;
  root_b[root_changes] = b; root_bv[root_changes] = bv;
  root_changes++;
  root[a] = av;
  if
  :: (b) != NONE -> root[b] = bv
  :: else
  fi
}

/* Whether any name, seen, durable or in a change, stands for the object. */
inline is_used(o) {
  i = 0; used = false;
  do
  :: i < 3 -> used = used || root[i] == (o) + 1 || root_kept[i] == (o) + 1; i++
  :: else -> break
  od;
  i = 0;
  do
  :: i < root_changes ->
     used = used || root_av[i] == (o) + 1 || (root_b[i] != NONE && root_bv[i] == (o) + 1); i++
  :: else -> break
  od
}

/* An object without a name is as if it had never been. */
inline collect() {
  d = 0;
  do
  :: d < ND ->
     is_used(d);
     if
     :: !used ->
        j = 0;
        do
        :: j < NF -> SEEN(d, j) = 0; KEPT(d, j) = 0; j++
        :: else -> break
        od;
        forget_changes(d);
        enterable[d] = false
     :: else
     fi;
     d++
  :: else -> break
  od
}

inline sync_root() {
  i = 0;
  do
  :: i < 3 -> root_kept[i] = root[i]; i++
  :: else -> break
  od;
  i = 0;
  do
  :: i < root_changes -> root_a[i] = 0; root_av[i] = 0; root_b[i] = 0; root_bv[i] = 0; i++
  :: else -> break
  od;
  root_changes = 0;
  collect()
}

inline make_pending() {
  assert(root[PENDING] == 0);
  d = 0;
  do
  :: is_used(d); if :: !used -> break :: else -> d++ fi; assert(d < ND)
  od;
  root_change(PENDING, d + 1, NONE, 0)
}

/* Sets `whole`: read_identity_in finds a complete identity in the object. */
inline is_whole(o) {
  whole = GOOD(SEEN(o, CERT)) && GOOD(SEEN(o, CONF)) && GOOD(SEEN(o, IDJ)) && GOOD(SEEN(o, THING)) &&
          B(SEEN(o, CERT)) == B(SEEN(o, IDJ)) &&
          (keys_in_token || (GOOD(SEEN(o, KEY)) && A(SEEN(o, KEY)) == key_of[B(SEEN(o, IDJ))]))
}
#define CERTIFICATE(o) B(SEEN(o, IDJ))
#define REPLACES(o) A(SEEN(o, IDJ))

/* The end of a power cut for one object, once its surviving changes are in `kept`. Bytes that were not synced are lost
 * with `lose`. Nobody reads an unfinished new journal or identity.json. */
inline wake_directory(o, lose) {
  i = 0;
  do
  :: i < NF ->
     if
     :: KEPT(o, i) != 0 && (i == IDNEW || i == JNEW || (lose && (KEPT(o, i) & SYNCED) == 0)) -> KEPT(o, i) = TORN
     :: KEPT(o, i) != 0 && i != IDNEW && i != JNEW && (!lose || (KEPT(o, i) & SYNCED)) ->
        KEPT(o, i) = KEPT(o, i) | SYNCED
     :: else
     fi;
     /* How long the power was off is not known, and the time before it was not stored. */
     KEPT(o, i) = KEPT(o, i) & ~AGED;
     SEEN(o, i) = KEPT(o, i);
     i++
  :: else -> break
  od;
  forget_changes(o)
}

inline keep_change(o, n) {
  if
  :: goes[(o) * NC + (n)] != NONE -> KEPT(o, goes[(o) * NC + (n)]) = 0
  :: else
  fi;
  if
  :: comes[(o) * NC + (n)] != NONE -> KEPT(o, comes[(o) * NC + (n)]) = file[(o) * NC + (n)]
  :: else
  fi
}

inline keep_root_change(n) {
  root_kept[root_a[n]] = root_av[n];
  if
  :: root_b[n] != NONE -> root_kept[root_b[n]] = root_bv[n]
  :: else
  fi
}

inline wake_root() {
  i = 0;
  do
  :: i < 3 -> root[i] = root_kept[i]; i++
  :: else -> break
  od;
  sync_root()
}
