// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "stall.h"

#include "must.h"

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BYTES 11
#define PATIENCE_MS 10000

/* tcp_sendmsg() copies from a page that is not there until the owner of the userfaultfd says so. */
struct stall {
	pthread_t thread;
	int fd, faults;
	void *page;
	size_t size;
};

/* The userfaultfd of the one under way. */
static int faults_under_way = -1;

static void *send_page(void *arg)
{
	const struct stall *stall = arg;

	must(send(stall->fd, stall->page, BYTES, 0) == BYTES, "stalled send");
	return NULL;
}

struct stall *stall_begin(int fd)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	struct stall *stall = calloc(1, sizeof(*stall));
	struct pollfd faults = { .events = POLLIN };
	struct uffd_msg fault;

	must(stall, "memory");
	stall->fd = fd;
	stall->size = (size_t)sysconf(_SC_PAGESIZE);
	stall->page = mmap(NULL, stall->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	must(stall->page != MAP_FAILED, "map a page");
	stall->faults = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	must(stall->faults >= 0 && ioctl(stall->faults, UFFDIO_API, &api) == 0, "userfaultfd");
	range.range.start = (uintptr_t)stall->page;
	range.range.len = stall->size;
	must(ioctl(stall->faults, UFFDIO_REGISTER, &range) == 0, "register a page");
	faults_under_way = stall->faults;
	must(pthread_create(&stall->thread, NULL, send_page, stall) == 0, "thread");
	faults.fd = stall->faults;
	must(poll(&faults, 1, PATIENCE_MS) == 1, "wait for send(2) to touch the page");
	must(read(stall->faults, &fault, sizeof(fault)) == sizeof(fault), "page fault");
	must(fault.event == UFFD_EVENT_PAGEFAULT, "page fault");
	return stall;
}

void stall_end(struct stall *stall)
{
	struct uffdio_zeropage there = { .range = { .start = (uintptr_t)stall->page, .len = stall->size } };

	must(ioctl(stall->faults, UFFDIO_ZEROPAGE, &there) == 0, "fill the page");
	must(pthread_join(stall->thread, NULL) == 0, "thread");
	faults_under_way = -1;
	close(stall->faults);
	munmap(stall->page, stall->size);
	free(stall);
}

void stall_give_up(void)
{
	if (faults_under_way >= 0)
		close(faults_under_way); /* the page is an ordinary one from now on: the kernel fills it */
	faults_under_way = -1;
}
