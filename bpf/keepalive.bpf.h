/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The handlers: what one firing of the keepalive timer means. They are the same for every hook mode. The programs in
 * katrace.bpf.c find the socket and call them.
 */
#ifndef KATRACE_KEEPALIVE_BPF_H
#define KATRACE_KEEPALIVE_BPF_H

#include "closer.bpf.h"
#include "state.bpf.h"
#include "segment.bpf.h"
#include <asm-generic/errno.h> /* the same numbers on every architecture katrace is built for */

/* The states in which tcp_keepalive_timer() may probe. Orphans in FIN_WAIT2 use the same timer for another purpose. */
static __always_inline bool keepalive_applies(const struct tcp_sock *tp)
{
	__u8 state = sock_state(tp);

	if (!sock_flag(tp, SOCK_KEEPOPEN))
		return false;
	if (state == BPF_TCP_CLOSE || state == BPF_TCP_SYN_SENT || state == BPF_TCP_LISTEN)
		return false;
	return state != BPF_TCP_FIN_WAIT2 || !sock_flag(tp, SOCK_DEAD);
}

/* story: what story_enter() returned */
static __always_inline void say_story(struct katrace_record *rec, __u32 story)
{
	if (story & STORY_NO_ROOM)
		rec->flags |= KATRACE_UNTRACKED;
}

static __always_inline void emit_story(enum katrace_record_kind kind, const struct tcp_sock *tp, __u64 time_ns,
				       __u32 story)
{
	struct katrace_record *rec = record_begin(kind, tp, time_ns);

	if (!rec)
		return;
	say_story(rec, story);
	record_submit(rec);
}

static __always_inline void emit(enum katrace_record_kind kind, const struct tcp_sock *tp, __u64 time_ns)
{
	emit_story(kind, tp, time_ns, 0);
}

static __always_inline void say_result(struct katrace_record *rec, const struct firing *firing)
{
	if (!firing->attempted)
		return;
	rec->flags |= KATRACE_HAS_RESULT;
	rec->result = firing->result;
}

/*
 * Number and silence are from the beginning of the firing: once the timer has released the socket, another CPU may
 * process the answer before timer_left() runs.
 */
static __always_inline void probe_sent(const struct tcp_sock *tp, const struct firing *firing)
{
	const __u32 story = story_enter(tp, STORY_UNANSWERED);
	struct katrace_record *rec = record_begin(KATRACE_PROBE_SENT, tp, firing->time_ns);

	if (!rec)
		return;
	say_story(rec, story);
	say_result(rec, firing);
	rec->probes_out = firing->probes_out + 1;
	rec->silent = firing->silent;
	rec->heard = firing->heard;
	record_submit(rec);
}

static __always_inline void probe_dropped(const struct tcp_sock *tp, const struct firing *firing)
{
	const __u32 story = story_enter(tp, 0);
	struct katrace_record *rec = record_begin(KATRACE_PROBE_DROPPED, tp, firing->time_ns);

	if (!rec)
		return;
	say_story(rec, story);
	say_result(rec, firing);
	record_submit(rec);
}

/*
 * Data in flight is normal on a busy connection. It matters only if the peer is silent or does not take the data. It is
 * reported once, and again when the process has closed the socket meanwhile: then the kernel gives up sooner.
 */
static __always_inline void suppressed(const struct tcp_sock *tp, const struct firing *firing)
{
	__u32 flags, before;

	if (sock_silent(tp) < sock_idle(tp) && !sock_retransmits(tp) && !sock_window_probing(tp))
		return;
	flags = STORY_SUPPRESSED | (sock_flag(tp, SOCK_DEAD) ? STORY_ORPHAN : 0);
	before = story_enter(tp, flags);
	if (before != flags)
		emit_story(KATRACE_SUPPRESSED, tp, firing->time_ns, before);
}

/*
 * The peer was heard recently: a suppression or an unanswered probe is over. Data alone may have been heard: the kernel
 * still counts the probe as unanswered then.
 */
static __always_inline void settled(const struct tcp_sock *tp, const struct firing *firing)
{
	const __u32 left = sock_probes_out(tp) ? STORY_UNANSWERED : 0;
	__u64 key = (__u64)tp;
	__u32 *story = bpf_map_lookup_elem(&stories, &key);

	if (!story || !(*story & ~left))
		return;
	*story &= left;
	emit(KATRACE_SETTLED, tp, firing->time_ns);
}

/* tcp_keepalive_timer() begins for tp. */
static __always_inline void timer_entered(const struct tcp_sock *tp)
{
	struct firing *firing = this_firing();

	if (!firing)
		return;
	firing->sock = 0;
	if (!shared.ready || !keepalive_applies(tp) || belongs_to_others(tp))
		return;
	firing->sock = (__u64)tp;
	firing->time_ns = bpf_ktime_get_boot_ns();
	firing->segs_out = sock_segs_out(tp);
	firing->silent = sock_silent(tp);
	firing->heard = sock_heard(tp, firing->silent);
	firing->probes_out = sock_probes_out(tp);
	firing->busy = sock_busy(tp);
	firing->closed = false;
	firing->attempted = false;
}

/* tcp_write_wakeup() has returned. If the keepalive timer runs on this CPU, it made the call: for a probe. */
static __always_inline void probe_attempted(int result)
{
	struct firing *firing = this_firing();

	if (!firing || !firing->sock)
		return;
	firing->attempted = true;
	firing->result = result;
}

/*
 * tcp_write_err() is about to close a connection, called from the keepalive timer or from another timer. This is
 * evidence, and decides nothing: see closed().
 */
static __always_inline void giving_up(const struct tcp_sock *tp)
{
	struct firing *firing = this_firing();

	if (firing)
		firing->gave_up = (__u64)tp;
}

enum attempt { ATTEMPT_NONE, ATTEMPT_SENT, ATTEMPT_DROPPED };

/*
 * Did this firing try to send a probe, and was it sent? Decided from the socket alone. A probe that counts as sent
 * increments icsk_probes_out, unless its answer was already processed: then segs_out has grown, and the timer is due
 * again after the interval, which is 0 if the sysctl is. A refused probe makes segs_out grow too, but is not counted;
 * the kernel tries again after HZ/2 (TCP_RESOURCE_PROBE_INTERVAL). After HZ/20 it tries again if the socket was locked
 * by its user, who may send meanwhile.
 */
static __always_inline enum attempt attempt_by_state(const struct tcp_sock *tp, const struct firing *firing,
						     __s32 rearmed)
{
	__s32 interval = sock_interval(tp);

	if (firing->busy)
		return ATTEMPT_NONE;
	if (sock_probes_out(tp) == (__u8)(firing->probes_out + 1))
		return ATTEMPT_SENT;
	if (sock_segs_out(tp) == firing->segs_out)
		return ATTEMPT_NONE;
	/* the clock may have ticked since it was re-armed */
	if (rearmed <= interval && rearmed >= interval - 1)
		return ATTEMPT_SENT;
	if (rearmed <= (__s32)(config.hz / 20) || rearmed > (__s32)(config.hz / 2))
		return ATTEMPT_NONE;
	return sock_silent(tp) >= sock_idle(tp) ? ATTEMPT_DROPPED : ATTEMPT_NONE;
}

/* The same from the result of tcp_write_wakeup(): positive is refused; the timer counts anything else as sent. */
static __always_inline enum attempt attempt_by_result(const struct firing *firing)
{
	if (!firing->attempted)
		return ATTEMPT_NONE;
	return firing->result > 0 ? ATTEMPT_DROPPED : ATTEMPT_SENT;
}

/*
 * tcp_keepalive_timer() has returned. The socket shows what it did, and so does the time for which it re-armed itself:
 * HZ/20 if the socket was locked by its user (nothing happened, it will try again). Nothing is read after TCP_CLOSE:
 * the sock may be in use again.
 */
static __always_inline void timer_left(const struct tcp_sock *tp)
{
	struct firing *firing = this_firing();
	__s32 rearmed;

	if (!firing || !firing->sock || firing->sock != (__u64)tp)
		return;
	firing->sock = 0;
	if (firing->closed || !keepalive_applies(tp))
		return;
	rearmed = (__s32)(sock_timer_expires(tp) - now_jiffies());
	switch (config.sees_result ? attempt_by_result(firing) : attempt_by_state(tp, firing, rearmed)) {
	case ATTEMPT_SENT:
		probe_sent(tp, firing);
		return;
	case ATTEMPT_DROPPED:
		probe_dropped(tp, firing);
		return;
	case ATTEMPT_NONE:
		break;
	}
	if (rearmed <= (__s32)(config.hz / 20))
		return;
	if (sock_busy(tp))
		suppressed(tp, firing);
	else
		settled(tp, firing);
}

/* Would an ACK from the peer now answer a keepalive probe? A probe is unanswered, and no data is in flight. */
static __always_inline bool awaits_answer(const struct tcp_sock *tp)
{
	return sock_probes_out(tp) && shared.ready && sock_flag(tp, SOCK_KEEPOPEN) && !sock_busy(tp) &&
	       !belongs_to_others(tp);
}

static __always_inline void answered(const struct tcp_sock *tp)
{
	__u64 key = (__u64)tp;
	__u32 *story = bpf_map_lookup_elem(&stories, &key);

	if (story)
		*story &= ~STORY_UNANSWERED;
	emit(KATRACE_ANSWER, tp, bpf_ktime_get_boot_ns());
}

/* tcp_ack() begins: it clears icsk_probes_out if the ACK is valid, so each answer is seen once. */
static __always_inline void ack_arrived(const struct tcp_sock *tp, const struct sk_buff *skb)
{
	if (awaits_answer(tp) && is_ack_valid(tp, segment_numbers(skb)))
		answered(tp);
}

/* tcp_rcv_established() begins: the segment is not validated yet. */
static __always_inline void segment_arrived(const struct tcp_sock *tp, const struct sk_buff *skb)
{
	if (awaits_answer(tp) && is_ack_valid(tp, segment_numbers(skb)) && reaches_tcp_ack(tp, skb))
		answered(tp);
}

/*
 * Can keepalive be switched on or off now? Not while its own timer runs: the timer re-arms itself. Nobody can switch it
 * on an orphan, and in FIN_WAIT2 an orphan uses the timer for another purpose. In SYN_RECV a child of a listener has no
 * addresses yet: see established().
 */
static __always_inline bool is_switchable(const struct tcp_sock *tp)
{
	const struct firing *firing = this_firing();
	const __u8 state = sock_state(tp);

	if (!shared.ready || !firing || firing->sock == (__u64)tp || sock_flag(tp, SOCK_DEAD))
		return false;
	if (state == BPF_TCP_CLOSE || state == BPF_TCP_LISTEN || state == BPF_TCP_SYN_RECV)
		return false;
	return !belongs_to_others(tp);
}

/*
 * The keepalive timer was started: keepalive is being switched on (SOCK_KEEPOPEN is set only after that), its idle time
 * was changed, or the connection was established.
 */
static __always_inline void keepalive_started(const struct tcp_sock *tp)
{
	if (is_switchable(tp))
		emit(KATRACE_SWITCHED_ON, tp, bpf_ktime_get_boot_ns());
}

/*
 * The keepalive timer of an open socket is removed from the wheel: because it has expired, because keepalive is being
 * switched off (SOCK_KEEPOPEN is cleared only after that), or to be restarted with another idle time; then
 * keepalive_started() follows, which user space recognises. The connection must be in stories, otherwise its end would
 * not be reported. Called with a lock of the timer wheel held: no memory may be allocated (the loader preallocates
 * stories).
 */
static __always_inline void keepalive_cancelled(const struct tcp_sock *tp, const struct timer_list *timer)
{
	const __u64 key = (__u64)tp;
	__u32 story = 0;

	if (!sock_flag(tp, SOCK_KEEPOPEN) || !is_switchable(tp) || timer_has_run_out(timer))
		return;
	if (!bpf_map_lookup_elem(&stories, &key))
		story = story_enter(tp, 0);
	emit_story(KATRACE_SWITCHED_OFF, tp, bpf_ktime_get_boot_ns(), story);
}

/* A child of a listener gets its timer, with the listener's settings, before its addresses. */
static __always_inline void established(const struct tcp_sock *tp)
{
	if (config.all && shared.ready && sock_flag(tp, SOCK_KEEPOPEN) && !belongs_to_others(tp))
		emit(KATRACE_SWITCHED_ON, tp, bpf_ktime_get_boot_ns());
}

/*
 * The socket leaves the state before because a FIN came (a softirq, or a process that works off its backlog) or is
 * about to go out (close() or shutdown()). Its end may come much later: what was true when it began is recorded now.
 */
static __always_inline void closing(const struct tcp_sock *tp, __u8 before, __u8 after)
{
	const bool by_peer = after == BPF_TCP_CLOSE_WAIT;
	const __u64 key = (__u64)tp;
	struct katrace_record *rec;

	if (!shared.ready || belongs_to_others(tp))
		return;
	if (!(config.all && sock_flag(tp, SOCK_KEEPOPEN)) && !bpf_map_lookup_elem(&stories, &key))
		return;
	rec = record_begin(by_peer ? KATRACE_PEER_CLOSED : KATRACE_CLOSING, tp, bpf_ktime_get_boot_ns());
	if (!rec)
		return;
	rec->state = by_peer ? after : before;
	rec->close_reason = close_reason(tp);
	record_submit(rec);
}

/*
 * Ends that are reported even if keepalive never acted: timeouts, those of orphans included, and unreachable peers;
 * with --all every end. A timer that gives up reports the last ICMP error, whichever it was, in place of ETIMEDOUT. Not
 * reported are resets, and what a process has closed or `ss -K` aborted.
 */
static __always_inline bool is_worth_telling(const struct tcp_sock *tp, __u8 before, int error)
{
	if (!sock_flag(tp, SOCK_KEEPOPEN))
		return false;
	if (config.all)
		return true;
	if (!error || error == ECONNRESET || error == EPIPE || error == ECONNABORTED)
		return false;
	return error != ECONNREFUSED || before != BPF_TCP_SYN_SENT;
}

/*
 * The socket changes from the state before to TCP_CLOSE. sk_err is already set, the queues are purged. Within a firing
 * that timer_entered() took for keepalive's, tcp_keepalive_timer() does this only by tcp_write_err(): it holds the
 * socket's lock, and its other way to TCP_CLOSE is for orphans in FIN_WAIT2 (5.10 to 7.2).
 */
static __always_inline void closed(const struct tcp_sock *tp, __u8 before)
{
	struct firing *firing = this_firing();
	struct katrace_record *rec;
	__u64 key = (__u64)tp;
	int error = sock_error(tp);
	bool known, in_timer, other, gave_up;

	if (!firing)
		return;
	other = belongs_to_others(tp);
	if (config.filters)
		bpf_map_delete_elem(&others, &key);
	known = !bpf_map_delete_elem(&stories, &key);
	in_timer = firing->sock == key;
	if (in_timer)
		firing->closed = true;
	gave_up = firing->gave_up == key;
	firing->gave_up = 0;
	if (!shared.ready || other || (!known && !in_timer && !is_worth_telling(tp, before, error)))
		return;
	rec = record_begin(KATRACE_CLOSED, tp, in_timer ? firing->time_ns : bpf_ktime_get_boot_ns());
	if (!rec)
		return;
	rec->state = before;
	rec->error = error;
	if (before == BPF_TCP_ESTABLISHED || before == BPF_TCP_CLOSE_WAIT)
		rec->close_reason = close_reason(tp);
	if (in_timer)
		rec->close_cause = KATRACE_CLOSE_KEEPALIVE;
	if (gave_up)
		rec->flags |= KATRACE_WRITE_ERR;
	record_submit(rec);
}

#endif
