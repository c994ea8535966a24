/*
 * What a machine can do at most: PROGRAM is started with posix_spawn again and again for MS milliseconds, AT_ONCE of them
 * at a time, and reaped. No limits, no pipes, nobody hears of anything. Prints how many ended, and in how many ms.
 */
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

static double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static int start(char *program)
{
	char *argv[] = { program, NULL };
	char *envp[] = { NULL };
	pid_t pid;

	return posix_spawn(&pid, program, NULL, NULL, argv, envp);
}

int main(int argc, char **argv)
{
	if (argc != 4) {
		fputs("posix-spawn PROGRAM MS AT_ONCE\n", stderr);
		return 2;
	}
	const double for_ms = strtod(argv[2], NULL);
	const long at_once = strtol(argv[3], NULL, 10);
	const double begun = now_ms();
	long running = 0, ended = 0;
	int status;

	for (; running < at_once; running++)
		if (start(argv[1]) != 0)
			return 1;
	while (running > 0) {
		if (waitpid(-1, &status, 0) < 0 || status != 0)
			return 1;
		ended++;
		if (now_ms() - begun >= for_ms)
			running--;
		else if (start(argv[1]) != 0)
			return 1;
	}
	printf("%ld %.3f\n", ended, now_ms() - begun);
	return 0;
}
