/* Counts the calls that change a folder, and dies or fails at one of them.
 *
 * Preloaded, it stands before libc for everything in the process: Python, SQLite, FAISS and the
 * full text's Rust alike. Nothing is counted until faults_arm is called.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static char prefix[PATH_MAX];
static atomic_long count;
static long at;     /* the call that is struck; 0: none */
static int action;  /* 0: SIGKILL before the call; else this errno, from that call on */

void faults_arm(const char *folder, long point, int what) {
    strncpy(prefix, folder, sizeof prefix - 1);
    at = point;
    action = what;
    atomic_store(&count, 0);
}

long faults_count(void) { return atomic_load(&count); }

static int within(const char *path) {
    size_t length = strlen(prefix);
    return length && strncmp(path, prefix, length) == 0;
}

static int fd_within(int fd) {
    char link[64], path[PATH_MAX];
    if (!prefix[0]) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    if (n < 0) return 0;
    path[n] = 0;
    return within(path);
}

static int path_within(int dirfd, const char *path) {
    return path[0] == '/' || dirfd == AT_FDCWD ? within(path) : fd_within(dirfd);
}

/* Whether the call has to fail. makes: it needs room, so a full disk strikes it. */
static int struck(int ours, int makes) {
    if (!ours) return 0;
    long n = atomic_fetch_add(&count, 1) + 1;
    if (!at || n < at) return 0;
    if (action == 0) {
        if (n == at) kill(getpid(), SIGKILL);
        return 0;
    }
    if (!makes) return 0;
    errno = action;
    return 1;
}

#define REAL(name) \
    static __typeof__(&name) real; \
    if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)
#define FD_CALL(result, name, declared, given, makes) \
    result name declared { REAL(name); if (struck(fd_within(fd), makes)) return -1; return real given; }
#define PATH_CALL(name, declared, given, where, makes) \
    int name declared { REAL(name); if (struck(where, makes)) return -1; return real given; }

FD_CALL(ssize_t, write, (int fd, const void *b, size_t n), (fd, b, n), 1)
FD_CALL(ssize_t, pwrite, (int fd, const void *b, size_t n, off_t o), (fd, b, n, o), 1)
FD_CALL(ssize_t, pwrite64, (int fd, const void *b, size_t n, off64_t o), (fd, b, n, o), 1)
FD_CALL(ssize_t, writev, (int fd, const struct iovec *v, int n), (fd, v, n), 1)
FD_CALL(int, ftruncate, (int fd, off_t n), (fd, n), 1)
FD_CALL(int, ftruncate64, (int fd, off64_t n), (fd, n), 1)
FD_CALL(int, fsync, (int fd), (fd), action != ENOSPC)
FD_CALL(int, fdatasync, (int fd), (fd), action != ENOSPC)
PATH_CALL(rename, (const char *a, const char *b), (a, b), within(a) || within(b), 1)
PATH_CALL(link, (const char *a, const char *b), (a, b), within(b), 1)
PATH_CALL(mkdir, (const char *p, mode_t m), (p, m), within(p), 1)
PATH_CALL(rmdir, (const char *p), (p), within(p), 0)
PATH_CALL(unlink, (const char *p), (p), within(p), 0)
PATH_CALL(renameat, (int d, const char *a, int e, const char *b), (d, a, e, b),
          path_within(e, b), 1)
PATH_CALL(linkat, (int d, const char *a, int e, const char *b, int f), (d, a, e, b, f),
          path_within(e, b), 1)
PATH_CALL(mkdirat, (int d, const char *p, mode_t m), (d, p, m), path_within(d, p), 1)
PATH_CALL(unlinkat, (int d, const char *p, int f), (d, p, f), path_within(d, p), 0)

#define OPENING(name, declared, given, where) \
    int name declared { \
        REAL(name); \
        mode_t mode = 0; \
        if (flags & (O_CREAT | O_TMPFILE)) { \
            va_list rest; va_start(rest, flags); mode = va_arg(rest, mode_t); va_end(rest); \
        } \
        if (struck((flags & (O_CREAT | O_TRUNC)) && (where), 1)) return -1; \
        return real given; \
    }
OPENING(open, (const char *p, int flags, ...), (p, flags, mode), within(p))
OPENING(open64, (const char *p, int flags, ...), (p, flags, mode), within(p))
OPENING(openat, (int d, const char *p, int flags, ...), (d, p, flags, mode), path_within(d, p))
OPENING(openat64, (int d, const char *p, int flags, ...), (d, p, flags, mode), path_within(d, p))
