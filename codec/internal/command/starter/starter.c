// Preloaded into a command, this takes the place of its main function: for each request
// it forks, and the child goes on as the command. What the dynamic linker has done for
// 200 libraries is so done once.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { requests = 3, room = 1 << 16, arguments = 8192 };

typedef int main_function(int, char **, char **);

static main_function *command;

// These programs have nothing to do at their end but to write what they have printed. To
// unload the libraries would take as long as to load them.
void exit(int status) {
    fflush(NULL);
    _exit(status);
}

// Receives the folder and the arguments, each with its NUL, and standard input, output
// and error. Returns the length of the text; none at the end.
static ssize_t receive(char *text, int standard[3]) {
    union {
        char bytes[CMSG_SPACE(3 * sizeof(int))];
        struct cmsghdr header;
    } control;
    struct iovec part = {text, room};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof control.bytes};
    ssize_t length = recvmsg(requests, &message, 0);
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (length <= 0 || text[length - 1] != 0 || !header ||
        header->cmsg_len != CMSG_LEN(3 * sizeof(int)))
        return 0;
    memcpy(standard, CMSG_DATA(header), 3 * sizeof(int));
    return length;
}

static int become(char *text, ssize_t length, int standard[3], char **environment) {
    char *folder = text, *argv[arguments + 1];
    int argc = 0;
    for (char *at = text + strlen(text) + 1; at < text + length; at += strlen(at) + 1) {
        if (argc == arguments)
            return 127;
        argv[argc++] = at;
    }
    argv[argc] = NULL;
    for (int i = 0; i < 3; i++) {
        if (dup2(standard[i], i) < 0)
            return 127;
        close(standard[i]);
    }
    close(requests);
    if (chdir(folder))
        return 127;
    return command(argc, argv, environment);
}

static int serve(int argc, char **argv, char **environment) {
    static char text[room];
    int standard[3], status;
    ssize_t length;
    while ((length = receive(text, standard)) > 0) {
        pid_t child = fork();
        if (child == 0)
            exit(become(text, length, standard, environment));
        for (int i = 0; i < 3; i++)
            close(standard[i]);
        if (child < 0 || waitpid(child, &status, 0) < 0 ||
            write(requests, &status, sizeof status) < 0)
            exit(1);
    }
    exit(0);
}

// The first function of a program calls this one of the C library with its main function.
int __libc_start_main(main_function *main, int argc, char **argv, void (*init)(void),
                      void (*fini)(void), void (*loader)(void), void *stack) {
    int (*next)(main_function *, int, char **, void (*)(void), void (*)(void),
                void (*)(void), void *) = dlsym(RTLD_NEXT, "__libc_start_main");
    command = main;
    return next(serve, argc, argv, init, fini, loader, stack);
}
