// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Tests that end in all the ways a test can end; run.sh looks at what the runner makes of them. */
#include "../live/live.h"

#include "../live/must.h"
#include "../live/tool.h"
#include "../live/until.h"
#include "../live/witness.h"

#include <signal.h>
#include <unistd.h>

/* With SAMPLES_HIDDEN it is as if timer interrupts were hidden all the time. */
uint64_t witness_hidden(void)
{
	static uint64_t hidden;

	return getenv("SAMPLES_HIDDEN") ? ++hidden : 0;
}

/* Notes a fact in a file of run.sh's. */
static void note(const char *name, const char *text)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", getenv("SAMPLES"), name);
	file = fopen(path, "ae");
	must(file && fprintf(file, "%s\n", text) > 0 && fclose(file) == 0, path);
}

static void note_number(const char *name, int number)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", number);
	note(name, text);
}

__attribute__((noreturn)) static void wait_for_ever(void)
{
	for (;;)
		pause();
}

LIVE_TEST(passes, .any_user = true)
{
	assert_string_equal("as it should be", "as it should be");
}

LIVE_TEST(fails, .any_user = true)
{
	assert_int_equal(1 + 1, 3);
	note("after_a_failure", "a failed test went on");
}

LIVE_TEST(skips, .any_user = true)
{
	skip("no reason but %d", 42);
}

LIVE_TEST(crashes, .any_user = true)
{
	raise(SIGSEGV);
}

LIVE_TEST(hangs, .any_user = true, .limit_s = 1)
{
	printf("what was said before\n");
	wait_for_ever();
}

LIVE_TEST(ignores_sigterm, .any_user = true, .limit_s = 1)
{
	signal(SIGTERM, SIG_IGN);
	wait_for_ever();
}

/* Hangs for longer than run.sh waits. */
LIVE_TEST(waits, .any_user = true)
{
	note("waiting", live_directory());
	wait_for_ever();
}

/* A process that nobody waits for, in a session of its own, and deaf; and a file. */
LIVE_TEST(leaves_things, .any_user = true)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "%s/file", live_directory());
	file = fopen(path, "we");
	must(file && fclose(file) == 0, path);
	note("directory", live_directory());
	if (fork() == 0) {
		signal(SIGTERM, SIG_IGN);
		setsid();
		if (fork() == 0) {
			note_number("child", getpid());
			wait_for_ever();
		}
		_exit(0);
	}
	snprintf(path, sizeof(path), "%s/child", getenv("SAMPLES"));
	WAIT_UNTIL(access(path, F_OK) == 0);
}

static void clean_up(void)
{
	note("cleaned", "up");
}

LIVE_TEST(fails_and_is_cleaned_up, .any_user = true, .clean_up = clean_up)
{
	fail_msg("in the hope that somebody cleans up");
}

/* Each needs the other one at the same time. */
static void meet(const char *own, const char *other)
{
	char path[256];

	note_number("numbers", live_number());
	note(own, "is here");
	snprintf(path, sizeof(path), "%s/%s", getenv("SAMPLES"), other);
	WAIT_UNTIL(access(path, F_OK) == 0);
}

LIVE_TEST(meets_one, .any_user = true, .limit_s = 10)
{
	meet("other", "one");
}

LIVE_TEST(meets_other, .any_user = true, .limit_s = 10)
{
	meet("one", "other");
}

/* Long enough for another one to begin, if that is allowed. */
static void be_alone(void)
{
	const struct timespec a_while = { .tv_nsec = 200000000 };

	note("alone", "begin");
	nanosleep(&a_while, NULL);
	note("alone", "end");
}

LIVE_TEST(alone_first, .any_user = true, .exclusive = true)
{
	be_alone();
}

LIVE_TEST(alone_second, .any_user = true, .exclusive = true)
{
	be_alone();
}

LIVE_TEST(says_which_katrace, .any_user = true)
{
	note("katrace", tool_path);
}

LIVE_TEST(runs_once, .any_user = true, .once = true)
{
	assert_true(true);
}

LIVE_TEST(of_root)
{
	assert_int_equal(geteuid(), 0);
}
