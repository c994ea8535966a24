/* The one state of a keeper, and what each file offers the others. Read main.c first. */
#ifndef ESPALIER_KEEPER_H
#define ESPALIER_KEEPER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <sys/un.h>
#include "wire.h"

/* What keeps us from being killed when memory runs out, where we may say so. At -1000 nothing would ever end us for it. */
#define OOM_KEEPER "-900"

enum {
  NODES_MAX = 65536,         /* living ones, and those whose exit is not stored yet; further spawns fail at `room` */
  ENDS_MAX = 16,             /* orders to end at one time; the link is not read further meanwhile */
  QUEUE_BYTES_MAX = 1 << 20, /* unsent reports; past half of it the link is read no further and exits wait in the journal */
  SEGMENT_RECORDS = 8192,    /* exits in one of the two files before the other is taken */
  UNSTORED_MAX = 65536,      /* unacknowledged exits past which undeclared ones are only counted */
  UNDECLARED_PER_S = 200,    /* undeclared exits journalled singly in one second */
  REAP_SLICE = 256,          /* reaped before the link is looked at again */
  SCAN_LIVE_MAX = 64,        /* nodes with which the kernel is asked about all children at each turn that any has ended in */
  SCAN_US = 50000,           /* with more of them that is asked this long after a child has ended, */
  SCAN_NODE_US = 100,        /* and this much longer for each, as the kernel looks through all of them, */
  SCAN_US_MAX = 1000000,     /* up to this */
  FREE_BELOW = 16,           /* descriptors left free for what is opened for a moment, or by a child */
  FRAME_SLICE = 32,          /* commands carried out before children are looked at again */
  FREEZE_ROUNDS = 8,         /* looks for forks that were under way when their parent was stopped */
  STUCK_NAMED = 64,          /* pids named of what will not end */
  ARGUMENTS_MAX = 1 << 17,   /* arguments or variables of one spawn */
  GROUPS_MAX = 256,
  LEVELS_MAX = 66,           /* of a tree: the deepest that there can be, and one more */
  LIMITS_MAX = 32,
  STACK_BYTES = 1 << 16,     /* of a child between its start and exec */
  HELLO_MS = 2000,           /* from connecting to hello */
  FAREWELL_MS = 2000,        /* for the last acknowledgement, when everything has ended */
  OOM_STEP = 100,            /* how much sooner than we a child is killed at least, when memory runs out; the most is 1000 */
  OOM_STEP_BELOW = 500,      /* and how much sooner than a root one below it: half of all memory that there is for them */
  ASKS_MAX = 64,             /* askers at one time; another one is told so */
  ASK_PLACES = ASKS_MAX + 16, /* and those who are being told that they are not heard; past it a connection is closed */
  REFUSED_MS = 500,          /* for one that is not heard to say what it wants, and be told */
  ASK_BYTES_MAX = 1 << 18,   /* of one request */
  ASKS_BYTES_MAX = 1 << 21,  /* of all requests that are held */
  ASK_PART_BYTES = 1 << 15,  /* of a request in one frame of the link */
  ASK_MS = 5000,             /* for a request to arrive whole */
  HOLD_MS = 5000,            /* a request waits for a daemon that hears it, and a heard one for a daemon that was lost */
  KIN_MAX = 16384,           /* of a keeper before us that are remembered; past it one is found by its marks alone, at each look anew */
  CGROUPS_MAX = 4,           /* that children of a service are put into */
  LABEL_BYTES_MAX = 129,     /* service:child, in a log */
  LOG_PATH_MAX = 4096,
  LOG_HELD_MAX = 1 << 20,    /* lines that a disk did not take yet; past it the oldest go */
  HOPS_MAX = 512,            /* parents between an asker and us */
  END_WAIT_MS = 15000,       /* an end that the keeper itself began is said to be stuck after this */
};

/* GREET: somebody is at the door and nobody serves. ENDING: the whole service ends. STUCK: it should have by now. */
enum state { BOOT, ALONE, GREET, SERVING, ENDING, STUCK, DONE };

enum node_state { RUNNING, EXITED /* and unstored */, GONE /* stored; kept while forks of it may live */ };
enum { BY_ID, BY_PID, BY_KEY, INDEXES };

/* A stream of ours that is logged; `serial` 0: none. */
struct logged { int fd; u32 serial; };

/* A process that the daemon asked for. */
struct node {
  u64 key, ticks, started_ms, exit_seq;
  u32 id, parent_id;
  pid_t pid;
  int fd[3]; /* our ends of its pipes, or -1 */
  int pidfd; /* says that it has ended; -1: only a look at all children does */
  struct logged log[2]; /* of its stdout and stderr, where we log them */
  u32 ends;    /* the orders that end it, a bit each */
  u8 state, reason;
  bool expired; /* past its time to live while no daemon was there: it ends with all below it */
  u64 ttl_at_us; /* 0: none */
  u32 word_bytes;
  u8 *word;
  bool marked; /* named by the command in hand, or owner of a fork in the sweep in hand */
  struct node *next[INDEXES];
};

struct pids { pid_t *list; u32 count, size; };

struct index { struct node **buckets; u32 count, size; }; /* size: a power of two, or 0 */

/* A process as one look at /proc saw it. */
struct seen {
  pid_t pid, parent, group, session;
  u64 ticks;
  char letter;
  bool below;         /* a descendant of ours */
  bool kin;           /* not below us, and ours all the same */
  struct node *owner; /* whose fork it is, or the node itself; NULL: nobody's */
};

/* An identity that is, or lately was, ours without being below us; its pid may be the number of a session or group that outlives it. */
struct kin { pid_t pid; u64 ticks, seen_us; bool told; /* by the daemon: it has a voice */ };

/* Whose output a logged stream is: `head` stands in each of its lines, between the time and the text. */
struct source { u64 inode; u32 head_bytes; bool is_midline; char head[LABEL_BYTES_MAX + 24]; };

/* Our end of an output pipe, by its descriptor. `source` NULL: the daemon reads it. */
struct stream { bool open, watched, hung_up, released; u32 serial; struct source *source; };

/* In what epoll tells: the upper half is the serial of a stream, or this beside the id of a node; 0 for all other descriptors. */
#define NODE_EVENT 0x80000000u

/* The log of the service: the file in hand, and the lines that wait for the disk. */
struct log {
  struct msg_logs bounds;
  char *path; /* its folder; NULL: nothing is logged */
  int folder_fd, file_fd; /* -1: to be looked for */
  u32 number, least; /* of the file, and the least that the next may have */
  u64 size, unweighed; /* of the file; written since the files of all services were weighed */
  char *lines;
  u32 held;
  u32 error; /* what the disk said last */
  u64 lost_lines, lost_bytes; /* not yet told of in the log */
  u64 retry_at_us;
  u64 written, all_lost;
};

struct link {
  int fd; /* -1: none */
  bool paused;       /* a whole command waits in `in` */
  u32 interest;      /* what epoll was asked for */
  u64 hello_by_us;
  u8 *out;
  u32 out_start, out_end, out_size;
  bool telling;      /* the list of nodes is under way: no command is carried out before its end */
  u32 bucket;        /* of the index by id, where that list goes on */
  u64 sent_seq;      /* last exit put into `out` */
  u32 held;          /* bytes in `in` */
  u8 in[FRAME_BYTES_MAX + 4];
};

/* Who is at the other end of a socket. */
struct peer { pid_t pid; u32 uid; int pidfd /* -1: none */; u64 ticks; };
enum acquaintance { PEER_LIVES, PEER_DIED, PEER_ELSEWHERE /* where its pid says nothing here */ };
/* How the way up from it ended: at what was looked for, at the top without that, or nobody can say. */
enum way { WAY_FOUND, WAY_TOP, WAY_LOST };

/* A connection to the spawn socket: HEARING its request, HELD until the first answer, WAITING for the last one. */
enum ask_state { HEARING, HELD, WAITING };
struct ask {
  int fd; /* -1: none */
  struct peer peer;
  enum ask_state state;
  const char *wrong; /* why it is not heard, whatever it says */
  u32 id;
  u64 until_us;
  u32 daemon_pid; /* that has heard it */
  u32 link; /* the link that was told of it */
  u8 *bytes;
  u32 held, size;
};

struct segment { int fd; u64 first, count; };

/* An order to end: `request` 0 is our own. */
struct end {
  bool active, all, stuck;
  u32 request, passes, killed, clean;
  u64 began_us, deadline_us;
};

struct unwritten { struct msg_exit record; struct unwritten *next; };

struct keeper {
  enum state state;
  pid_t pid;
  u64 ticks, generation, ticks_per_second;
  char boot_id[40];
  char *directory, *real_directory;
  bool followed; /* the keeper before us was killed */
  struct sockaddr_un ear; /* the name of the spawn socket */
  bool ephemeral, quit, linked; /* linked: a daemon has been there */
  mode_t umask;
  char oom_score[16], oom_score_below[16]; /* of roots, and of what is below them, in text */
  struct rlimit files; /* as we were given it; children get it back */
  char **cgroup_paths; /* `cgroup.procs` of each group of the service */
  int cgroups, cgroup_fds[CGROUPS_MAX];
  int oom_fd, kill_fd, freezer_fd; /* what counts the kernel's kills there, and what ends or stops all of a group; -1: nothing does */
  int tasks_fd, tasks_max_fd; /* how many tasks a group has, and may have */
  const char *frozen_path; /* `cgroup.procs` of the group that the freezer stops */
  u32 freezes; /* passes that the freezer has not stopped everybody in */
  u64 oom_seen;
  int kept_below; /* descriptors that a child keeps until exec are below this; long-lived ones of ours lie above */
  int lock_fd, epoll_fd, signal_fd, listen_fd, ear_fd, proc_fd, ready_fd;

  struct msg_config config;
  struct link link, greeting;
  u32 link_serial; /* of the link in hand, from 1 */
  struct ask asks[ASK_PLACES];
  u32 last_ask, asks_bytes, daemon_pid;
  struct kin kin[KIN_MAX];
  u32 kin_count, kin_sorted, kin_live /* at the last look */;
  u64 kin_at_us;
  struct pids grouped, children; /* in the cgroups of the service; ours, when it was read last */
  u64 alone_since_us, grace_until_us, farewell_us;
  u64 ttl_at_us, expired_at_us; /* alone: the next time to live that is over; the end of the grace of those that were */

  struct index index[INDEXES];
  u32 last_id, live, gone;
  struct stream *streams;
  u32 streams_size, streams_open, stream_serial;
  struct log log;

  struct segment segments[2];
  int active;
  u64 seq, acked, dropped;
  struct unwritten *unwritten, **unwritten_tail;
  u64 unwritten_at_us, undeclared_from_us;
  u32 undeclared, coalesced;

  struct end ends[ENDS_MAX];
  u64 pass_at_us, pass_wait_us, sweep_at_us;
  bool reap_more;
  u64 scan_at_us; /* when all children are to be looked through; 0: none of them has ended */
  struct seen *seen;
  u32 seen_count, seen_size;
  u32 unsure; /* of those below us: too young to say whose they are */

  u8 *text;        /* of the spawn that is being said */
  u32 text_bytes;
  bool text_lost;  /* it was longer than TEXT_BYTES_MAX */
  u8 stack[STACK_BYTES] __attribute__((aligned(16)));
  char scratch[FRAME_BYTES_MAX];
};

/* Before the name of a service in that of its folder of logs. */
#define LOG_PREFIX "service-"

extern struct keeper keeper;

/* main.c */
u64 now_us(void);
u64 wall_ms(void);
u64 earliest(u64 a, u64 b);
_Noreturn void die(const char *what);

/* boot.c */
void boot(int argc, char **argv);
_Noreturn void leave(void);

/* table.c */
struct node *find_node(int by, u64 name);
struct node *add_node(const struct node *from);
void drop_node(struct node *node);
struct msg_started describe_node(const struct node *node);
struct node *next_node(struct node *after);
void close_stdin(struct node *node);
bool add_stream(int fd, struct source *source);
void release_stream(int fd);
void drain_streams(bool draining);
void note_hang_up(int fd);
int lift(int fd);
void stream_event(int fd, u32 serial, u32 events);
void close_stream(int fd);

/* group.c */
void open_groups(char **paths, int count);
bool join_groups(void);
bool ran_out_of_memory(void);
void kill_groups(void);
void leave_groups(void);

/* journal.c */
void open_journal(void);
void remember_exit(const struct msg_exit *record);
void retry_unwritten(void);
bool read_exit(u64 seq, struct msg_exit *record);
void acknowledge(u64 seq);
u64 journal_bytes(void);

/* logs.c */
void set_logs(const struct msg_logs *body, const u8 *tail, u32 bytes);
bool may_log(const char *label);
u32 log_stream(int fd, pid_t pid, int which, const char *label);
void log_event(int fd);
void finish_log(const struct logged *logged);
void finish_logs(void);
void write_logs(void);
void log_stray(const struct msg_log_stray *body, const u8 *tail, u32 bytes);

/* logfiles.c */
u32 append_lines(const char *lines, u32 count);
void forget_file(void);

/* proc.c */
bool read_stat(pid_t pid, struct seen *seen);
ssize_t read_proc(const char *path, char *into, size_t size);
bool read_pids(const char *path, struct pids *more);
struct node *owner_of_stray(const struct seen *seen);
struct seen *find_seen(pid_t pid);
int by_pid(const void *a, const void *b);
void look(void);
bool read_children(void);
bool have_orphans(void);
bool signal_seen(const struct seen *seen, int signal);
u64 wall_of_ticks(u64 ticks);

/* spawn.c */
void spawn(u32 id, const struct msg_spawn *body, const u8 *tail, u32 bytes);
void keep_text(const u8 *bytes, u32 count);
void drop_text(void);

/* reap.c */
bool reap(void);
void reap_one(pid_t pid);
void child_ended(pid_t pid);
void sweep(void);

/* end.c */
void signal_nodes(u32 request, const struct msg_signal *body, const u8 *ids, u32 count);
void begin_end(u32 request, const struct msg_end *body, const u8 *ids, u32 count);
void end_politely(void);
void pass(void);
bool ends_are_full(void);

/* link.c */
void open_door(void);
void meet(void);
void link_event(struct link *link, u32 events);
void report(u8 type, u32 id, const void *fields, size_t size, const void *tail, size_t tail_size);
void tell(void);
void tell_exits(void);
void close_link(struct link *link);
bool may_command(void);
bool link_has_room(void);

/* peer.c */
enum acquaintance meet_peer(int fd, struct peer *peer);
bool has_died(const struct peer *peer);
enum way climb(const struct peer *peer, bool (*visit)(const struct seen *at, u32 hops, void *with), void *with);

/* door.c */
_Noreturn void keep_door(const char *directory);

/* hear.c */
void open_ear(void);
void drop_ear(void);
void meet_askers(void);
bool ask_event(int fd, u32 events);
void tend_asks(void);
void answer_ask(u32 id, const struct msg_answer *body, const u8 *tail, u32 bytes);
u64 asks_at_us(void);

/* kin.c */
void take(const u8 *told, u32 count);
bool is_stray(pid_t pid, u64 ticks);
bool strays_live(void);
bool may_have_kin(void);
void place_kin(void);

/* lives.c */
void watch_lives(void);
void end_expired(void);
void kill_expired(void);

/* command.c */
bool command(u8 type, u32 id, const u8 *body, u32 bytes);

#endif
