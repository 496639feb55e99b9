// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The rules of net/ipv4/tcp_timer.c, the same from 5.10 to 7.2. That orphans are ended early when there are too many of
 * them or memory is short (tcp_out_of_resources()) cannot be foreseen.
 */
#include "model/giving_up.h"

#define RTO_MIN_MS 200ULL
/* ilog2(TCP_RTO_MAX / TCP_RTO_MIN) + 1: window probes double their pause so often, whatever the socket's longest RTO is
 */
#define PROBE_DOUBLINGS_MAX 10
/* tcp_orphan_retries(): in place of 0, while the timeout still grows */
#define ORPHAN_RETRIES 8

static uint64_t shorter(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t rto_max_ms(const struct sighting *s)
{
	return s->rto_max_ms > RTO_MIN_MS ? s->rto_max_ms : RTO_MIN_MS;
}

/* tcp_orphan_retries(); pause: the one that ends when the timer fires, not yet cut down to the longest RTO. */
static uint32_t orphan_retries(const struct sighting *s, uint64_t pause)
{
	const bool alive = pause < rto_max_ms(s);
	const uint32_t retries = s->soft_error && !alive ? 0 : s->orphan_retries;

	return !retries && alive ? ORPHAN_RETRIES : retries;
}

/* tcp_model_timeout(): how long that many retransmissions take if the first one comes after the shortest time. */
static uint64_t model_timeout_ms(uint32_t retries, uint64_t longest)
{
	uint32_t doublings = 0;

	while (doublings < retries && RTO_MIN_MS << (doublings + 1) <= longest)
		doublings++;
	return ((2ULL << doublings) - 1) * RTO_MIN_MS + (retries - doublings) * longest;
}

/* What retransmits_timed_out() compares with; a user timeout takes the place of any number of retries. */
static uint64_t retransmission_limit_ms(const struct sighting *s, uint64_t pause)
{
	if (s->settings.user_timeout_ms)
		return s->settings.user_timeout_ms;
	return model_timeout_ms(s->orphan ? orphan_retries(s, pause) : s->retry_limit, rto_max_ms(s));
}

/*
 * tcp_write_timeout() gives up at the first firing of the timer after that time has passed since the first
 * retransmission. Each pause is twice the previous one; rto is the present one. With a user timeout the last pause is
 * shortened so that the timer fires exactly then.
 */
static uint64_t retransmission_gives_up_ms(const struct sighting *s)
{
	uint64_t rto = shorter(s->rto_ms ?: 1, rto_max_ms(s)), at = s->next_try_ms, since_first = 0, pause;

	if (s->retransmits)
		since_first = (uint64_t)s->retransmitting_ms + s->next_try_ms;
	while (!since_first || since_first < retransmission_limit_ms(s, rto)) {
		rto = shorter(2 * rto, rto_max_ms(s));
		pause = rto;
		if (s->settings.user_timeout_ms)
			pause = shorter(pause, s->settings.user_timeout_ms - since_first);
		at += pause;
		since_first += pause;
	}
	return at;
}

/* The check of tcp_probe_timer(); rto: not cut down to the shortest time. */
static bool window_probing_is_over(const struct sighting *s, uint32_t probes_out, uint32_t backoff)
{
	const uint64_t pause = (uint64_t)s->rto_ms << shorter(backoff, 32);
	uint32_t retries = s->retry_limit;

	if (s->orphan)
		retries = orphan_retries(s, pause);
	return probes_out >= retries || (s->orphan && pause >= rto_max_ms(s) && backoff >= retries);
}

/* Gives up at the first firing with as many unanswered probes as allowed retries, or when the user timeout is over. */
static uint64_t window_probing_gives_up_ms(const struct sighting *s)
{
	const uint64_t pause = s->rto_ms > RTO_MIN_MS ? s->rto_ms : RTO_MIN_MS;
	uint32_t backoff = s->backoff;
	uint64_t at = s->next_try_ms;

	for (uint32_t n = s->probes_out; !window_probing_is_over(s, n, backoff); n++) {
		if (backoff < s->retry_limit)
			backoff++;
		at += shorter(pause << shorter(backoff, PROBE_DOUBLINGS_MAX), rto_max_ms(s));
	}
	return s->settings.user_timeout_ms ? shorter(at, s->settings.user_timeout_ms) : at;
}

uint64_t gives_up_ms(const struct sighting *s)
{
	return s->window_probe ? window_probing_gives_up_ms(s) : retransmission_gives_up_ms(s);
}
