// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The outputs of a run: each gets everything, counts its own lines and losses, and has its own errors. */
#include "unit.h"

#include "run/output.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WALL_NS 1795208650114000001ULL

struct world {
	char directory[32];
	char text[64], recording[64]; /* files */
	struct outputs *outputs;
};

static struct world world_new(void)
{
	struct world w = { .directory = "/tmp/katrace-outputs.XXXXXX" };

	assert_non_null(mkdtemp(w.directory));
	snprintf(w.text, sizeof(w.text), "%s/text", w.directory);
	snprintf(w.recording, sizeof(w.recording), "%s/recording", w.directory);
	w.outputs = outputs_new();
	assert_non_null(w.outputs);
	return w;
}

/* Nothing is left behind. */
static void world_free(struct world *w)
{
	unlink(w->text);
	unlink(w->recording);
	assert_int_equal(rmdir(w->directory), 0);
}

static struct event make_lost(uint64_t count)
{
	return (struct event){
		.kind = EVENT_EVENTS_LOST,
		.severity = SEVERITY_WARN,
		.wall_ns = WALL_NS,
		.lost = { .stage = LOST_RING, .count = count },
	};
}

/* As with --record: text is the main output. */
static void begin_with_recording(struct world *w)
{
	assert_int_equal(outputs_add(w->outputs, &text_output, w->text), 0);
	assert_int_equal(outputs_add(w->outputs, &json_output, w->recording), 0);
	assert_int_equal(outputs_start(w->outputs), 0);
}

static void tell_events(struct world *w, int n)
{
	struct event event;

	for (int i = 1; i <= n; i++) {
		event = make_lost((uint64_t)i);
		assert_int_equal(outputs_event(w->outputs, &event), 0);
	}
}

static void tell_stats(struct world *w)
{
	const struct stats stats = { .wall_ns = WALL_NS };

	outputs_stats(w->outputs, &stats);
}

/* Lines of a file that contain a text. */
static uint64_t lines_with(const char *path, const char *text)
{
	FILE *file = fopen(path, "re");
	char line[4096];
	uint64_t n = 0;

	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		n += strstr(line, text) != NULL;
	fclose(file);
	return n;
}

static uint64_t number_after(const char *line, const char *name)
{
	const char *at = strstr(line, name);

	assert_non_null(at);
	return strtoull(at + strlen(name), NULL, 10);
}

struct account {
	uint64_t lines, last_sequence, gaps, reported, lost_output;
};

static void add_line(struct account *account, const char *line)
{
	const uint64_t sequence = number_after(line, "\"sequence\":");

	account->lines++;
	account->gaps += sequence - account->last_sequence - 1;
	account->last_sequence = sequence;
	if (strstr(line, "\"stage\":\"output\""))
		account->reported += number_after(line, "\"count\":");
	if (strstr(line, "katrace.stats"))
		account->lost_output = number_after(line, "\"lost_output\":");
}

static struct account account_of(FILE *file)
{
	struct account account = { 0 };
	char line[4096];

	while (fgets(line, sizeof(line), file))
		add_line(&account, line);
	return account;
}

static struct account account_of_recording(const struct world *w)
{
	FILE *file = fopen(w->recording, "re");
	struct account account;

	assert_non_null(file);
	account = account_of(file);
	fclose(file);
	return account;
}

static void each_gets_all(void **state)
{
	const struct started started = { .wall_ns = WALL_NS, .hook_mode = "fentry", .kernel_release = "6.1" };
	struct world w = world_new();
	struct account account;
	struct stat info;

	(void)state;
	umask(022);
	begin_with_recording(&w);
	assert_true(outputs_show_timelines(w.outputs));
	assert_true(outputs_have_file(w.outputs));
	assert_false(outputs_tell_sums(w.outputs));
	assert_int_equal(outputs_started(w.outputs, &started), 0);
	tell_events(&w, 3);
	tell_stats(&w);
	assert_int_equal(outputs_flush(w.outputs), 0);
	account = account_of_recording(&w);
	assert_int_equal(account.lines, 5); /* with the first line and the totals */
	assert_int_equal(account.gaps, 0);
	assert_int_equal(lines_with(w.text, " lost: this host made events"), 3);
	assert_int_equal(lines_with(w.text, ""), 3);
	assert_int_equal(stat(w.recording, &info), 0);
	assert_int_equal(info.st_mode & 0777, 0640);
	assert_int_equal(outputs_close(w.outputs), 0);
	world_free(&w);
}

/* A connection that one output names is found in the other. */
static void ids_are_of_the_run(void **state)
{
	const struct started started = {
		.wall_ns = WALL_NS, .run = 0x5f3a, .hook_mode = "fentry", .kernel_release = "6.1"
	};
	const struct connection connection = { .number = 12 };
	const struct event event = { .kind = EVENT_CONFIGURED, .wall_ns = WALL_NS, .connection = &connection };
	struct world w = world_new();

	(void)state;
	assert_int_equal(outputs_add(w.outputs, &json_output, w.text), 0);
	assert_int_equal(outputs_add(w.outputs, &json_output, w.recording), 0);
	assert_int_equal(outputs_start(w.outputs), 0);
	assert_int_equal(outputs_started(w.outputs, &started), 0);
	assert_int_equal(outputs_event(w.outputs, &event), 0);
	assert_int_equal(outputs_close(w.outputs), 0);
	assert_int_equal(lines_with(w.text, "\"connection_id\":\"00005f3a-12\""), 1);
	assert_int_equal(lines_with(w.recording, "\"connection_id\":\"00005f3a-12\""), 1);
	world_free(&w);
}

/* A reader of a FIFO at this path, which the output can then be opened for. */
static int make_reader(const char *path)
{
	int fd;

	assert_int_equal(mkfifo(path, 0600), 0);
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

/* Reads all that comes, on a thread of its own. */
struct reader {
	int fd;
	pthread_t thread;
	struct account account;
};

static void *read_all(void *arg)
{
	struct reader *reader = arg;
	FILE *file = fdopen(reader->fd, "r");

	reader->account = account_of(file);
	fclose(file);
	return NULL;
}

static void start_reading(struct reader *reader)
{
	assert_int_equal(fcntl(reader->fd, F_SETFL, 0), 0);
	assert_int_equal(pthread_create(&reader->thread, NULL, read_all, reader), 0);
}

static void a_slow_one_loses_its_own(void **state)
{
	struct world w = world_new();
	struct reader reader;
	uint64_t lost, told = 0;

	(void)state;
	reader.fd = make_reader(w.recording);
	begin_with_recording(&w);
	for (; outputs_lost(w.outputs) < 100; told += 100)
		tell_events(&w, 100);
	lost = outputs_lost(w.outputs);
	assert_int_equal(outputs_lost_of(w.outputs, EVENT_EVENTS_LOST), lost);
	outputs_report_losses(w.outputs, 0, WALL_NS, false); /* no room: it would be lost too */
	assert_int_equal(outputs_lost(w.outputs), lost);
	start_reading(&reader);
	assert_int_equal(outputs_flush(w.outputs), 0);
	outputs_report_losses(w.outputs, 0, WALL_NS, false);
	outputs_report_losses(w.outputs, 0, WALL_NS, true); /* nothing new */
	tell_stats(&w);
	assert_int_equal(outputs_close(w.outputs), 0);
	pthread_join(reader.thread, NULL);
	assert_int_equal(reader.account.gaps, lost);
	assert_int_equal(reader.account.reported, lost);
	assert_int_equal(reader.account.lost_output, lost);
	assert_int_equal(reader.account.lines, told - lost + 2); /* the report and the totals */
	assert_int_equal(lines_with(w.text, ""), told);
	world_free(&w);
}

/* The writer has found out that the reader has gone. The line stays in its queue, for another file. */
static void tell_until_broken(struct world *w)
{
	struct event event = make_lost(1);

	assert_int_equal(outputs_event(w->outputs, &event), 0);
	assert_int_equal(outputs_flush(w->outputs), 0);
	assert_int_equal(outputs_lost(w->outputs), 0);
}

/* The run continues without the recording, and returns an error at the end. */
static void one_beside_the_main_one_breaks(void **state)
{
	struct world w = world_new();
	int fd = make_reader(w.recording);

	(void)state;
	begin_with_recording(&w);
	close(fd);
	tell_until_broken(&w);
	tell_events(&w, 10);
	outputs_report_losses(w.outputs, 0, WALL_NS, true); /* there is no output to report to */
	assert_int_equal(outputs_lost(w.outputs), 10);
	assert_int_equal(outputs_close(w.outputs), -EPIPE);
	assert_int_equal(lines_with(w.text, " lost: this host made events"), 11);
	world_free(&w);
}

/* The run ends, but the recording is complete; the exit of the reader is not an error. */
static void the_main_one_breaks(void **state)
{
	struct world w = world_new();
	struct event event = make_lost(1);
	struct account account;
	uint64_t told = 0;
	int fd = make_reader(w.text);

	(void)state;
	begin_with_recording(&w);
	outputs_take_time(w.outputs); /* the recording is never too slow */
	close(fd);
	do
		told++;
	while (outputs_event(w.outputs, &event) == 0);
	tell_stats(&w);
	assert_int_equal(outputs_close(w.outputs), 0);
	account = account_of_recording(&w);
	assert_int_equal(account.lines, told + 1);
	assert_int_equal(account.gaps, 0);
	world_free(&w);
}

/* At the end nothing waits for space: it is an error, of the recording only. */
static void a_full_disk(void **state)
{
	struct world w = world_new();

	(void)state;
	assert_int_equal(outputs_add(w.outputs, &text_output, w.text), 0);
	assert_int_equal(outputs_add(w.outputs, &json_output, "/dev/full"), 0);
	assert_int_equal(outputs_start(w.outputs), 0);
	tell_events(&w, 3);
	assert_int_equal(outputs_close(w.outputs), -ENOSPC);
	assert_int_equal(lines_with(w.text, ""), 3);
	world_free(&w);
}

/* What the outputs print while they are closed: "" or lines, freed by the caller. */
static char *said_at_close(struct world *w, int result)
{
	const int before = dup(STDERR_FILENO);
	FILE *said = tmpfile();
	char *text = calloc(1, 1024);

	assert_true(before >= 0);
	assert_non_null(said);
	assert_non_null(text);
	assert_true(dup2(fileno(said), STDERR_FILENO) >= 0);
	assert_int_equal(outputs_close(w->outputs), result);
	assert_true(dup2(before, STDERR_FILENO) >= 0);
	close(before);
	rewind(said);
	assert_true(fread(text, 1, 1023, said) < 1023);
	fclose(said);
	return text;
}

/* A reader of the recording that exits just before the end takes lines with it; that of the main output may do so. */
static void a_reader_exits_at_the_end(void **state)
{
	struct world w = world_new();
	const int main_fd = make_reader(w.text), fd = make_reader(w.recording);
	char *said;

	(void)state;
	assert_int_equal(outputs_add(w.outputs, &json_output, w.text), 0);
	assert_int_equal(outputs_add(w.outputs, &json_output, w.recording), 0);
	assert_int_equal(outputs_start(w.outputs), 0);
	close(main_fd);
	close(fd);
	tell_stats(&w);
	said = said_at_close(&w, -EPIPE);
	assert_null(strstr(said, w.text));
	assert_non_null(strstr(said, w.recording));
	assert_non_null(strstr(said, "Broken pipe; the last 1 line is lost\n"));
	free(said);
	world_free(&w);
}

/* Also under two names, and for a file that the first output has created. */
static void two_in_one_file(void **state)
{
	struct world w = world_new();
	char other_name[96];

	(void)state;
	snprintf(other_name, sizeof(other_name), "%s/./text", w.directory);
	assert_int_equal(outputs_add(w.outputs, &text_output, w.text), 0);
	assert_int_equal(outputs_add(w.outputs, &json_output, other_name), -EEXIST);
	assert_int_equal(outputs_add(w.outputs, &json_output, w.recording), 0);
	assert_int_equal(outputs_add(w.outputs, &text_output, "/dev/null"), 0);
	assert_int_equal(outputs_add(w.outputs, &json_output, "/dev/null"), 0); /* nothing is mixed */
	assert_int_equal(outputs_start(w.outputs), 0);
	assert_int_equal(outputs_close(w.outputs), 0);
	world_free(&w);
}

static void files_are_opened_anew(void **state)
{
	struct world w = world_new();
	char moved[80];

	(void)state;
	snprintf(moved, sizeof(moved), "%s.1", w.recording);
	begin_with_recording(&w);
	tell_events(&w, 1);
	assert_int_equal(outputs_flush(w.outputs), 0);
	assert_int_equal(rename(w.recording, moved), 0);
	outputs_reopen(w.outputs);
	tell_events(&w, 2);
	assert_int_equal(outputs_close(w.outputs), 0);
	assert_int_equal(lines_with(moved, "\"sequence\":1,"), 1);
	assert_int_equal(lines_with(w.recording, ""), 2);
	assert_int_equal(lines_with(w.text, ""), 3);
	unlink(moved);
	world_free(&w);
}

/* What it has lost meanwhile is counted, and reported. */
static void a_broken_one_is_opened_anew(void **state)
{
	struct world w = world_new();
	struct account account;
	uint64_t lost;
	int fd = make_reader(w.recording);

	(void)state;
	begin_with_recording(&w);
	close(fd);
	tell_until_broken(&w);
	tell_events(&w, 10);
	lost = outputs_lost(w.outputs);
	assert_int_equal(unlink(w.recording), 0);
	outputs_reopen(w.outputs);
	tell_events(&w, 3);
	outputs_report_losses(w.outputs, 0, WALL_NS, false);
	tell_stats(&w);
	assert_int_equal(outputs_close(w.outputs), 0);
	account = account_of_recording(&w);
	assert_int_equal(account.gaps, lost);
	assert_int_equal(account.reported, lost);
	assert_int_equal(account.lost_output, lost);
	world_free(&w);
}

/* --- one that writes no lines --- */

struct counter {
	struct output output; /* first */
	int *events;
};

static int counted;

static int open_counter(struct output **output, const char *file)
{
	struct counter *counter = calloc(1, sizeof(*counter));

	(void)file;
	assert_non_null(counter);
	counter->events = &counted;
	*output = &counter->output;
	return 0;
}

static int count_event(struct output *output, const struct event *event)
{
	const struct counter *counter = (struct counter *)output;

	(void)event;
	++*counter->events;
	return -EIO; /* is reported, and does not end the run */
}

static void close_counter(struct output *output)
{
	free((struct counter *)output);
}

static void one_without_lines(void **state)
{
	static const struct output_ops counter_output = {
		.no_lines = true,
		.open = open_counter,
		.event = count_event,
		.close = close_counter,
	};
	struct world w = world_new();
	struct loop *loop;

	(void)state;
	assert_int_equal(loop_new(&loop), 0);
	assert_int_equal(outputs_add(w.outputs, &text_output, w.text), 0);
	assert_int_equal(outputs_add(w.outputs, &counter_output, NULL), 0);
	assert_int_equal(outputs_start(w.outputs), 0);
	assert_int_equal(outputs_watch(w.outputs, loop), 0);
	tell_events(&w, 3);
	tell_stats(&w);
	outputs_report_losses(w.outputs, 0, WALL_NS, true);
	outputs_take_time(w.outputs);
	outputs_reopen(w.outputs);
	assert_int_equal(outputs_flush(w.outputs), 0);
	assert_int_equal(outputs_close(w.outputs), 0);
	loop_free(loop);
	assert_int_equal(counted, 3);
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_gets_all),
		cmocka_unit_test(ids_are_of_the_run),
		cmocka_unit_test(a_slow_one_loses_its_own),
		cmocka_unit_test(one_beside_the_main_one_breaks),
		cmocka_unit_test(the_main_one_breaks),
		cmocka_unit_test(a_full_disk),
		cmocka_unit_test(a_reader_exits_at_the_end),
		cmocka_unit_test(two_in_one_file),
		cmocka_unit_test(files_are_opened_anew),
		cmocka_unit_test(a_broken_one_is_opened_anew),
		cmocka_unit_test(one_without_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
