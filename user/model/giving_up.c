// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The rules of net/ipv4/tcp_timer.c, the same from 5.10 to 7.2. A changed TCP_RTO_MAX_MS is not considered. */
#include "model/giving_up.h"

#define RTO_MIN_MS 200ULL
#define RTO_MAX_MS 120000ULL
/* ilog2(TCP_RTO_MAX / TCP_RTO_MIN): after so many doublings the timeout stays the same */
#define DOUBLINGS_MAX 9

static uint64_t shorter(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* tcp_model_timeout(): how long that many retransmissions take if the first one comes after the shortest time. */
static uint64_t model_timeout_ms(uint32_t retries)
{
	if (retries <= DOUBLINGS_MAX)
		return ((2ULL << retries) - 1) * RTO_MIN_MS;
	return ((2ULL << DOUBLINGS_MAX) - 1) * RTO_MIN_MS + (retries - DOUBLINGS_MAX) * RTO_MAX_MS;
}

/*
 * retransmits_timed_out(): gives up at the first firing of the timer after that time, or the user timeout, has passed
 * since the first retransmission. Each pause is twice the previous one; rto is the present one. With a user timeout the
 * last pause is shortened so that the timer fires exactly then.
 */
static uint64_t retransmission_gives_up_ms(const struct sighting *s)
{
	const uint64_t limit = s->settings.user_timeout_ms ?: model_timeout_ms(s->retry_limit);
	uint64_t pause = shorter(s->rto_ms ?: 1, RTO_MAX_MS), at = s->next_try_ms, since_first = 0;

	for (uint32_t i = 0; i < s->retransmits && pause >> i; i++)
		since_first += pause >> i;
	while (since_first < limit) {
		pause = shorter(2 * pause, RTO_MAX_MS);
		if (s->settings.user_timeout_ms)
			pause = shorter(pause, limit - since_first);
		at += pause;
		since_first += pause;
	}
	return at;
}

/* tcp_probe_timer(): gives up at the first firing with as many unanswered probes as allowed retries. */
static uint64_t window_probing_gives_up_ms(const struct sighting *s)
{
	uint64_t pause = s->rto_ms > RTO_MIN_MS ? s->rto_ms : RTO_MIN_MS, at = s->next_try_ms;
	uint8_t backoff = s->backoff;

	if (s->settings.user_timeout_ms)
		return s->settings.user_timeout_ms;
	for (uint32_t n = s->probes_out; n < s->retry_limit; n++) {
		if (backoff < s->retry_limit)
			backoff++;
		at += shorter(pause << shorter(backoff, DOUBLINGS_MAX + 1), RTO_MAX_MS);
	}
	return at;
}

uint64_t gives_up_ms(const struct sighting *s)
{
	return s->window_probe ? window_probing_gives_up_ms(s) : retransmission_gives_up_ms(s);
}
