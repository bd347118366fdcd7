/* Preloaded into a program: the program is loaded and linked once, and forks in front of its main() for every job.

   Jobs come on descriptor 3 and answers go to 4, in the byte order of this machine:

     job     u32 bytes of words, u32 bytes of input, u32 cpu seconds, u32 MiB of memory, u32 KiB of output;
             the words, each ended by NUL: the name of the file that takes what is printed, and then argv; the input
     answer  i32 wait status, i32 error (errno where nothing could be started, else 0), u64 microseconds of processor time

   The server itself runs nothing of the program, opens no file of a job and takes no byte of its input into memory
   (splice). So every child begins with what the program is before it has read anything, and nothing of one job
   reaches another. It has all restrictions of the process that started it, and its children have them, too. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { JOBS = 3, ANSWERS = 4, MOST_FILES = 64, LONGEST = 1 << 15, MOST_WORDS = 128 };

struct job {
  uint32_t words, input, cpu_seconds, memory_mb, output_kb;
};
struct answer {
  int32_t status, error;
  uint64_t microseconds;
};
typedef int (*Main)(int, char **, char **);

static Main program;
static char text[LONGEST + 1];
static char *words[MOST_WORDS + 1];
static int null;

/* 1 when all *size* bytes came; 0 at the end of the jobs. */
static int received(void *into, size_t size) {
  for (size_t at = 0; at < size;) {
    ssize_t got = read(JOBS, (char *)into + at, size - at);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return 0;
    at += (size_t)got;
  }
  return 1;
}

/* Split the text into words; their number. */
static int split(uint32_t size) {
  int count = 0;
  text[size] = 0;
  for (char *at = text; at < text + size && count < MOST_WORDS; at += strlen(at) + 1) words[count++] = at;
  words[count] = NULL;
  return count;
}

/* Both limits, or what is left of them; `above` is how far the hard one lies over the soft one. */
static void limit(int which, rlim_t most, rlim_t above) {
  struct rlimit now;
  if (getrlimit(which, &now) < 0) _exit(127);
  if (now.rlim_max == RLIM_INFINITY || most + above < now.rlim_max) now.rlim_max = most + above;
  now.rlim_cur = most < now.rlim_max ? most : now.rlim_max;
  if (setrlimit(which, &now) < 0) _exit(127);
}

/* In the child: streams, limits and signals as a program finds them that is started by itself. */
static void become(const struct job *job, int input) {
  static const int defaults[] = {SIGXFSZ, SIGXCPU, SIGPIPE, SIGINT};
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  int log = open(words[0], O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);
  if (log < 0 || dup2(input, 0) < 0 || dup2(log, 1) < 0 || dup2(log, 2) < 0) _exit(127);
  for (int each = 3; each < MOST_FILES; each++) close(each);
  limit(RLIMIT_FSIZE, (rlim_t)job->output_kb << 10, 0);
  limit(RLIMIT_AS, (rlim_t)job->memory_mb << 20, 0);
  limit(RLIMIT_CPU, job->cpu_seconds, 1); /* the signal first, and death a second later */
  for (unsigned each = 0; each < sizeof defaults / sizeof *defaults; each++) signal(defaults[each], SIG_DFL);
}

/* Pass *size* bytes of the jobs on to *sink*, or to nowhere once nobody reads them; 0 at the end of the jobs. */
static int feed(int sink, uint32_t size) {
  while (size > 0) {
    ssize_t moved = splice(JOBS, NULL, sink, NULL, size, 0);
    if (moved < 0 && errno == EINTR) continue;
    if (moved < 0 && sink != null) sink = null;
    else if (moved <= 0) return 0;
    else size -= (uint32_t)moved;
  }
  return 1;
}

/* Fork for jobs until they end; returns in a child only, with the number of its words. */
static int serve(void) {
  struct job job;
  while (received(&job, sizeof job) && job.words <= LONGEST && received(text, job.words)) {
    int count = split(job.words), input[2] = {null, null};
    struct answer answer = {0, 0, 0};
    pid_t child = job.input && pipe(input) < 0 ? -1 : fork();
    if (child == 0) {
      if (job.input) close(input[1]);
      become(&job, input[0]);
      return count - 1;
    }
    if (child < 0) answer.error = errno;
    if (input[0] != null) close(input[0]);
    if (!feed(input[1], job.input)) break;
    if (input[1] != null) close(input[1]);
    if (child > 0) {
      struct rusage used;
      int status;
      while (wait4(child, &status, 0, &used) < 0)
        if (errno != EINTR) _exit(1);
      answer.status = status;
      answer.microseconds = (uint64_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000u +
                            (uint64_t)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
    }
    if (write(ANSWERS, &answer, sizeof answer) != sizeof answer) break;
  }
  _exit(0);
}

/* Libraries that the program would load for every job. */
static void preload(void) {
  char *names = getenv("CT_FORK_SERVER_LOAD"), *copy = names ? strdup(names) : NULL;
  for (char *name = copy ? strtok(copy, ":") : NULL; name; name = strtok(NULL, ":")) dlopen(name, RTLD_NOW);
  free(copy);
  unsetenv("CT_FORK_SERVER_LOAD");
  unsetenv("LD_PRELOAD");
  unsetenv("LD_BIND_NOW");
}

static int in_place_of_main(int argc, char **argv, char **environment) {
  (void)argc, (void)argv, (void)environment;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  prctl(PR_SET_DUMPABLE, 0); /* a child may not look into the server, nor take its descriptors */
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXCPU, SIG_IGN); /* what all jobs together take is not limited */
  null = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null < 0) _exit(127);
  preload();
  int count = serve();
  int code = program(count, words + 1, environ);
  fflush(NULL);
  _exit(code); /* nobody needs what destructors would tidy up */
}

int __libc_start_main(Main main, int argc, char **argv, void (*init)(void), void (*fini)(void), void (*loader)(void),
                      void *stack) {
  int (*real)(Main, int, char **, void (*)(void), void (*)(void), void (*)(void), void *);
  *(void **)&real = dlsym(RTLD_NEXT, "__libc_start_main");
  program = main;
  return real(in_place_of_main, argc, argv, init, fini, loader, stack);
}
