// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "firewall.h"

#include "netlink.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter_ipv4.h>

#define TABLE "katrace"
#define CHAIN "chain"

static struct request make(uint16_t type, uint16_t flags, uint8_t family, uint16_t resource)
{
	struct request request = request_make(type, flags);
	const struct nfgenmsg message = { .nfgen_family = family, .res_id = htons(resource) };

	request_add(&request, &message, sizeof(message));
	return request;
}

static struct request make_nft(enum nf_tables_msg_types type, uint16_t flags)
{
	return make((uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type), flags, NFPROTO_IPV4, 0);
}

/* Where a transaction begins or ends; only what is in between is acknowledged. */
static struct request make_mark(uint16_t type)
{
	struct request request = make(type, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);

	request.header.nlmsg_flags = NLM_F_REQUEST;
	return request;
}

static void add_u32(struct request *request, unsigned short type, uint32_t value)
{
	const uint32_t wire = htonl(value);

	request_attr(request, type, &wire, sizeof(wire));
}

static struct request make_table(void)
{
	struct request request = make_nft(NFT_MSG_NEWTABLE, NLM_F_CREATE | NLM_F_EXCL);

	request.header.nlmsg_flags &= (uint16_t)~NLM_F_ACK;
	request_attr(&request, NFTA_TABLE_NAME, TABLE, sizeof(TABLE));
	return request;
}

static struct request make_chain(enum nf_inet_hooks where)
{
	struct request request = make_nft(NFT_MSG_NEWCHAIN, NLM_F_CREATE | NLM_F_EXCL);
	struct rtattr *hook;

	request_attr(&request, NFTA_CHAIN_TABLE, TABLE, sizeof(TABLE));
	request_attr(&request, NFTA_CHAIN_NAME, CHAIN, sizeof(CHAIN));
	hook = request_attr(&request, NLA_F_NESTED | NFTA_CHAIN_HOOK, NULL, 0);
	add_u32(&request, NFTA_HOOK_HOOKNUM, where);
	add_u32(&request, NFTA_HOOK_PRIORITY, 0);
	request_end_nest(&request, hook);
	add_u32(&request, NFTA_CHAIN_POLICY, NF_DROP);
	request_attr(&request, NFTA_CHAIN_TYPE, "filter", sizeof("filter"));
	return request;
}

static void drop_packets(enum nf_inet_hooks where)
{
	const struct request requests[] = {
		make_mark(NFNL_MSG_BATCH_BEGIN),
		make_table(),
		make_chain(where),
		make_mark(NFNL_MSG_BATCH_END),
	};

	requests_send(NETLINK_NETFILTER, requests, 4, "drop packets");
}

static void pass_packets(void)
{
	struct request requests[] = {
		make_mark(NFNL_MSG_BATCH_BEGIN),
		make_nft(NFT_MSG_DELTABLE, 0),
		make_mark(NFNL_MSG_BATCH_END),
	};

	request_attr(&requests[1], NFTA_TABLE_NAME, TABLE, sizeof(TABLE));
	requests_send(NETLINK_NETFILTER, requests, 3, "let packets pass");
}

static void set(const struct net *net, enum host host, enum nf_inet_hooks where, bool drop)
{
	net_enter(net, host);
	if (drop)
		drop_packets(where);
	else
		pass_packets();
	net_leave(net);
}

void firewall_output(const struct net *net, enum host host, bool drop)
{
	set(net, host, NF_INET_LOCAL_OUT, drop);
}

void firewall_input(const struct net *net, enum host host, bool drop)
{
	set(net, host, NF_INET_LOCAL_IN, drop);
}
