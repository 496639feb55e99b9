// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * What counts as an answer: a puppet answers each probe with another segment, and katrace says "answered" exactly when
 * the kernel has reset its count of unanswered probes (tcpi_probes of TCP_INFO).
 */
#include "live.h"

#include "puppet.h"
#include "scene.h"
#include "until.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <unistd.h>

static const char *const no_args[] = { NULL };
static const struct keepalive enduring = { 1, 1, 100, 0 };

#define WINDOW 500
#define FAR (1 << 20)
#define DROPPED_MS 300 /* what the socket has not seen by then never arrives */

enum expected {
	ANSWER,
	REFUSED,
	KERNEL, /* kernels differ */
};

struct attempt {
	const char *what;
	enum expected expected;
	/*
	 * One letter each: n NOP, T timestamp (tsval is ts more than the last one), t timestamp that is FAR too old, e
	 * end of options, u unknown option of 6 bytes, s timestamp of the wrong length, z option of length 0, l option
	 * longer than what is left, k option without a length. NOPs complete the last word.
	 */
	const char *options;
	int32_t ts, offset, ack_offset;
	uint8_t flags; /* besides TH_ACK */
	bool no_ack;
	int16_t window; /* besides WINDOW */
	size_t data;
	bool beyond; /* offset is from the end of the window */
	bool twice;
};

/* tcp_ack() */
static const struct attempt of_acks[] = {
	{ "as usual", ANSWER, .options = "nnT", .ts = 1 },
	{ "sent twice", ANSWER, .options = "nnT", .ts = 1, .twice = true },
	{ "no timestamp", ANSWER, .options = "" },
	{ "ACK older than snd_una", REFUSED, .options = "nnT", .ack_offset = -1 },
	{ "older, without timestamp", REFUSED, .options = "", .ack_offset = -1 },
	{ "much older", REFUSED, .options = "nnT", .ack_offset = -FAR },
	{ "ACK beyond snd_nxt", REFUSED, .options = "nnT", .ack_offset = 1 },
	{ "far beyond", REFUSED, .options = "", .ack_offset = FAR },
	{ "older, with data", REFUSED, .options = "nnT", .ack_offset = -1, .data = 10 },
	{ "as usual at last", ANSWER, .options = "nnT", .ts = 1 },
};

/*
 * tcp_paws_reject(), and tcp_disordered_ack(). Only a segment with a later sequence number makes the kernel take a
 * smaller window than the server's own: hence the data.
 */
static const struct attempt of_timestamps[] = {
	{ "data", KERNEL, .options = "nnT", .ts = 1, .data = 10 },
	{ "as usual", ANSWER, .options = "nnT", .ts = 1 },
	{ "refused by PAWS", REFUSED, .options = "nnt" },
	{ "the same, with data", REFUSED, .options = "nnt", .data = 10 },
	{ "one tick older", ANSWER, .options = "nnT", .ts = -1 },
	{ "disordered, in the replay window", ANSWER, .options = "nnT", .ts = -100 },
	{ "out of the replay window", REFUSED, .options = "nnT", .ts = -5000 },
	{ "disordered, not the expected one", REFUSED, .options = "nnT", .ts = -100, .offset = 1 },
	{ "disordered, with data", REFUSED, .options = "nnT", .ts = -100, .data = 10 },
	{ "disordered, a larger window", REFUSED, .options = "nnT", .ts = -100, .window = 1 },
	{ "disordered, a smaller window", ANSWER, .options = "nnT", .ts = -100, .window = -1 },
	{ "disordered, a closed window", KERNEL, .options = "nnT", .ts = -100, .window = -WINDOW },
	{ "as usual at last", ANSWER, .options = "nnT", .ts = 1 },
};

/* Timestamps elsewhere; newer kernels drop what is not valid before the socket sees it. */
static const struct attempt of_options[] = {
	{ "as usual", ANSWER, .options = "nnT", .ts = 1 },
	{ "T", ANSWER, .options = "T", .ts = 1 },
	{ "t", REFUSED, .options = "t" },
	{ "nT", ANSWER, .options = "nT", .ts = 1 },
	{ "nt", REFUSED, .options = "nt" },
	{ "disordered, elsewhere", ANSWER, .options = "nT", .ts = -100 },
	{ "nnuT", ANSWER, .options = "nnuT", .ts = 1 },
	{ "nnut", REFUSED, .options = "nnut" },
	{ "full of options, T", ANSWER, .options = "uuuuuT", .ts = 1 },
	{ "full of options, t", REFUSED, .options = "uuuuut" },
	{ "full of NOPs", REFUSED, .options = "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnt" },
	{ "tT: the last one counts", ANSWER, .options = "tT", .ts = 1 },
	{ "Tt", REFUSED, .options = "Tt", .ts = 1 },
	{ "nnTt: not at its usual place", REFUSED, .options = "nnTt", .ts = 1 },
	{ "after the end", ANSWER, .options = "et" },
	{ "after length 0", KERNEL, .options = "zt" },
	{ "after an option that is too long", KERNEL, .options = "lt" },
	{ "wrong length", ANSWER, .options = "s" },
	{ "wrong length, then t", REFUSED, .options = "st" },
	{ "no length", KERNEL, .options = "nnnk" },
	{ "as usual at last", ANSWER, .options = "nnT", .ts = 1 },
};

/* tcp_sequence() and flags */
static const struct attempt of_sequence[] = {
	{ "as usual", ANSWER, .options = "nnT", .ts = 1 },
	{ "before the window", REFUSED, .options = "nnT", .offset = -1 },
	{ "within the window", ANSWER, .options = "nnT", .offset = 100 },
	{ "at the end of the window", ANSWER, .options = "nnT", .beyond = true },
	{ "behind the window", REFUSED, .options = "nnT", .beyond = true, .offset = 1 },
	{ "SYN", REFUSED, .options = "nnT", .flags = TH_SYN },
	{ "no ACK", REFUSED, .options = "nnT", .flags = TH_PUSH, .no_ack = true },
	{ "PSH", ANSWER, .options = "nnT", .flags = TH_PUSH },
	{ "as usual at last", ANSWER, .options = "nnT", .ts = 1 },
};

/* Data: tcp_rcv_established() may not look at its ACK. */
static const struct attempt of_data[] = {
	{ "as usual", ANSWER, .options = "nnT", .ts = 1 },
	{ "data", KERNEL, .options = "nnT", .data = 10 },
	{ "more data", KERNEL, .options = "nnT", .data = 10 },
	{ "still more data", KERNEL, .options = "nnT", .data = 10 },
	{ "old and new data", ANSWER, .options = "nnT", .offset = -5, .data = 10 },
	{ "old data", ANSWER, .options = "nnT", .offset = -10, .data = 10 },
	{ "older data", REFUSED, .options = "nnT", .offset = -20, .data = 10 },
	{ "data beyond the window, unread data", KERNEL, .options = "nnT", .beyond = true, .offset = -5, .data = 10 },
	{ "data out of order", ANSWER, .options = "nnT", .offset = 100, .data = 10 },
	{ "as usual at last", ANSWER, .options = "nnT", .ts = 1 },
};

#define ATTEMPTS_MAX 32

static size_t add_timestamp(uint8_t *at, uint8_t size, uint32_t value)
{
	const uint32_t wire = htonl(value);

	at[0] = 8;
	at[1] = size;
	memcpy(at + 2, &wire, sizeof(wire));
	return size;
}

static size_t add_option(uint8_t *at, char letter, uint32_t good, uint32_t bad)
{
	static const uint8_t zero[] = { 254, 0 }, too_long[] = { 254, 39 }, unknown[] = { 254, 6, 8, 10, 8, 10 };

	switch (letter) {
	case 'T':
		return add_timestamp(at, 10, good);
	case 't':
		return add_timestamp(at, 10, bad);
	case 's':
		return add_timestamp(at, 8, bad);
	case 'z':
		memcpy(at, zero, sizeof(zero));
		return sizeof(zero);
	case 'l':
		memcpy(at, too_long, sizeof(too_long));
		return sizeof(too_long);
	case 'u':
		memcpy(at, unknown, sizeof(unknown));
		return sizeof(unknown);
	default:
		*at = letter == 'k' ? 254 : letter == 'n';
		return 1;
	}
}

static void add_options(struct puppet_segment *segment, const char *letters, uint32_t good, uint32_t bad)
{
	uint8_t options[PUPPET_OPTIONS_MAX + 16] = { 0 };
	size_t size = 0;

	for (; *letters; letters++)
		size += add_option(options + size, *letters, good, bad);
	while (size % 4)
		options[size++] = 1;
	assert_true(size <= PUPPET_OPTIONS_MAX);
	memcpy(segment->options, options, size);
	segment->options_size = size;
}

/* TCP_INFO as of Linux 4.2; glibc's struct ends before. */
struct more_tcp_info {
	struct tcp_info info;
	uint64_t pacing_rate, max_pacing_rate, bytes_acked, bytes_received;
	uint32_t segs_out, segs_in;
};

static uint32_t segments_in(int fd)
{
	struct more_tcp_info more;
	socklen_t size = sizeof(more);

	assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &more, &size), 0);
	assert_int_equal(size, sizeof(more));
	return more.segs_in;
}

static int32_t window_of(const struct puppet *puppet, int client)
{
	return puppet_window(puppet) << tcp_ask(client).tcpi_rcv_wscale;
}

static void send_attempt(const struct puppet *puppet, int client, const struct attempt *attempt)
{
	struct puppet_segment segment = {
		.flags = attempt->flags | (attempt->no_ack ? 0 : TH_ACK),
		.offset = attempt->offset + (attempt->beyond ? window_of(puppet, client) : 0),
		.ack_offset = attempt->ack_offset,
		.window = (uint16_t)(WINDOW + attempt->window),
		.data = attempt->data,
	};
	const uint32_t received = segments_in(client);
	const uint32_t segments = attempt->twice ? 2 : 1;
	uint32_t recent = 0;

	if (strpbrk(attempt->options, "Tts") && tcp_ask(client).tcpi_options & TCPI_OPT_TIMESTAMPS)
		recent = puppet_ts_recent(puppet);
	add_options(&segment, attempt->options, recent + (uint32_t)attempt->ts, recent - FAR);
	for (uint32_t i = 0; i < segments; i++)
		puppet_send(puppet, &segment);
	if (!strpbrk(attempt->options, "zlk")) {
		WAIT_UNTIL(segments_in(client) == received + segments);
		return;
	}
	for (const int64_t until = wait_now_ms() + DROPPED_MS;
	     segments_in(client) == received && wait_now_ms() < until;)
		wait_step(&(struct wait){ attempt->what, until + DROPPED_MS });
}

/* What katrace should say, and what it says: p for a probe, a for an answer. */
struct tale {
	char text[4 * ATTEMPTS_MAX];
	size_t length;
	const char *port;
};

static void add(struct tale *tale, char letter)
{
	assert_true(tale->length + 1 < sizeof(tale->text));
	tale->text[tale->length++] = letter;
	tale->text[tale->length] = 0;
}

static void take_line(void *ctx, const char *line)
{
	struct tale *tale = ctx;

	if (!strstr(line, tale->port))
		return;
	if (strstr(line, "  probe "))
		add(tale, 'p');
	if (strstr(line, "  answered "))
		add(tale, 'a');
}

/* Returns whether the kernel took it as an answer. */
static bool attempt_once(struct puppet *puppet, int client, const struct attempt *attempt, struct tale *tale)
{
	bool answered;

	puppet_wait_probe(puppet);
	WAIT_UNTIL(tcp_ask(client).tcpi_probes);
	add(tale, 'p');
	send_attempt(puppet, client, attempt);
	answered = !tcp_ask(client).tcpi_probes;
	print_message("%s: %s\n", attempt->what, answered ? "an answer" : "refused");
	if (answered)
		add(tale, 'a');
	if (attempt->expected != KERNEL)
		assert_int_equal(answered, attempt->expected == ANSWER);
	return answered;
}

/* A connection whose server is a puppet, as yet without keepalive. Some data was sent and acknowledged. */
static struct puppet *begin_puppet(struct scene *scene)
{
	char bytes[100] = { 0 };

	net_remember(scene->net);
	scene->tcp = tcp_connect(scene->net, TCP_IPV4);
	assert_int_equal(write(scene->tcp.client, bytes, sizeof(bytes)), sizeof(bytes));
	WAIT_UNTIL(!tcp_ask(scene->tcp.client).tcpi_unacked);
	return puppet_new(scene->net, &scene->tcp);
}

static void assert_told(struct scene *scene, const struct tale *expected)
{
	struct tale told = { .port = local_port(scene->tcp.client_port) };

	assert_int_equal(tool_stop(scene->tool), 0);
	tool_each_line(scene->tool, take_line, &told);
	assert_string_equal(told.text, expected->text);
}

static void run_attempts(struct scene *scene, const struct attempt *first, size_t n)
{
	struct puppet *puppet = begin_puppet(scene);
	struct tale expected = { 0 };

	tcp_keepalive(scene->tcp.client, &enduring);
	for (size_t i = 0; i < n; i++)
		attempt_once(puppet, scene->tcp.client, &first[i], &expected);
	puppet_wait_probe(puppet); /* what is found late only, is found until then */
	add(&expected, 'p');
	assert_told(scene, &expected);
	puppet_free(puppet);
	scene_end(scene);
}

/*
 * A test for each kind: where the kernel hides a firing from katrace now and then, one of them is repeated, not all.
 */
#define TEST_OF(kind)                                                                                                  \
	LIVE_TEST(answer_##kind)                                                                                       \
	{                                                                                                              \
		struct scene scene = scene_trace(net_new(), no_args);                                                  \
                                                                                                                       \
		run_attempts(&scene, kind, sizeof(kind) / sizeof(*(kind)));                                            \
	}

TEST_OF(of_acks)
TEST_OF(of_timestamps)
TEST_OF(of_options)
TEST_OF(of_sequence)
TEST_OF(of_data)

/* Where the connection does not use timestamps, nobody looks at them. */
LIVE_TEST(answer_without_timestamps)
{
	static const struct attempt without[] = {
		{ "no timestamp", ANSWER, .options = "" },
		{ "t at the usual place", ANSWER, .options = "nnt" },
		{ "ACK older than snd_una", REFUSED, .options = "", .ack_offset = -1 },
		{ "before the window", REFUSED, .options = "", .offset = -1 },
		{ "data", KERNEL, .options = "", .data = 10 },
	};
	struct net *net = net_new();
	struct scene scene;

	net_sysctl(net, HOST_A, "ipv4/tcp_timestamps", "0");
	scene = scene_trace(net, no_args);
	run_attempts(&scene, without, sizeof(without) / sizeof(*without));
}

/* TCP_PAWS_WRAP of Linux 6.7 (614e8316aa4c) and later; TCP_PAWS_24DAYS before */
#define PAWS_WRAP_S 2147

static bool forgets_timestamps_soon(void)
{
	struct utsname kernel;
	int version, patchlevel;

	assert_int_equal(uname(&kernel), 0);
	assert_int_equal(sscanf(kernel.release, "%d.%d", &version, &patchlevel), 2);
	return version > 6 || (version == 6 && patchlevel >= 7);
}

/*
 * When no newer timestamp has come for a long time, an old one is accepted, and then it is the one that counts. That
 * takes 2147 s, or 24 days on older kernels. The clock of a virtual machine skips 2147 s in a few seconds. 24 days
 * would take it 40 minutes and are not tried: on older kernels the test only shows that 2147 s are not enough.
 */
LIVE_TEST(answer_with_an_expired_timestamp, .limit_s = 3 * PAWS_WRAP_S)
{
	static const struct attempt old = { "old timestamp", KERNEL, .options = "nnt" };
	static const struct attempt older = { "older", REFUSED, .options = "nnt" };
	static const struct attempt good = { "as usual", ANSWER, .options = "nnT", .ts = 1 };
	/* the timer wheel makes 2131 s of 2000 s at most, and 22 s of 20 s */
	const struct keepalive patient = { 2000, 20, 100, 0 };
	struct tale expected = { 0 };
	struct puppet *puppet;
	struct scene scene;
	int64_t since_ms, s;

	if (!getenv("KATRACE_STRICT"))
		skip("without a clock that skips time it takes %d s", PAWS_WRAP_S);
	scene = scene_trace(net_new(), no_args);
	puppet = begin_puppet(&scene);
	puppet_be_patient(puppet, PAWS_WRAP_S);
	since_ms = wait_now_ms();
	tcp_keepalive(scene.tcp.client, &patient);
	do {
		s = (wait_now_ms() - since_ms) / 1000;
	} while (!attempt_once(puppet, scene.tcp.client, &old, &expected) && s < PAWS_WRAP_S + 60);
	if (forgets_timestamps_soon()) {
		s = (wait_now_ms() - since_ms) / 1000;
		assert_in_range(s, PAWS_WRAP_S - 1, PAWS_WRAP_S + 25);
		attempt_once(puppet, scene.tcp.client, &older, &expected);
	}
	attempt_once(puppet, scene.tcp.client, &good, &expected);
	assert_told(&scene, &expected);
	puppet_free(puppet);
	scene_end(&scene);
	if (!forgets_timestamps_soon())
		skip("refused after %d s, as it should be; this kernel accepts it after 24 days", PAWS_WRAP_S);
}
