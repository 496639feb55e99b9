// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "model/title.h"

#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Without the zero that C adds: the words end with one in /proc. */
struct sample {
	const char *name, *args;
	size_t n;
	const char *title;
};

#define SAMPLE(name, args, title)                                                                                      \
	{                                                                                                              \
		name, args, sizeof(args), title                                                                        \
	}

/* In memory of exactly that size: sanitizers see what is read behind it. */
static void find(char title[TITLE_LENGTH + 1], const char *args, size_t n, const char *name)
{
	char *copy = malloc(n ? n : 1);

	assert_non_null(copy);
	if (n)
		memcpy(copy, args, n);
	memset(title, 0x7f, TITLE_LENGTH + 1);
	title_find(title, copy, n, name);
	free(copy);
	for (size_t i = strnlen(title, TITLE_LENGTH + 1); i <= TITLE_LENGTH; i++)
		assert_int_equal(title[i], 0);
	assert_int_equal(title[TITLE_LENGTH], 0);
}

static void check(const struct sample *samples, size_t n)
{
	char title[TITLE_LENGTH + 1];

	for (size_t i = 0; i < n; i++) {
		find(title, samples[i].args, samples[i].n, samples[i].name);
		if (strcmp(title, samples[i].title) != 0)
			print_error("sample %zu: \"%s\" instead of \"%s\"\n", i, title, samples[i].title);
		assert_string_equal(title, samples[i].title);
	}
}

#define CHECK(samples) check((samples), sizeof(samples) / sizeof((samples)[0]))

static void java(void **state)
{
	static const struct sample samples[] = {
		SAMPLE("java",
		       "java\0-cp\0a:b\0-Dx=y\0io.netty.example.Echo\0"
		       "8080",
		       "io.netty.example.Echo"),
		SAMPLE("java", "java\0-jar\0/opt/app.jar", "app.jar"),
		SAMPLE("java", "java\0-Xmx4g\0-jar\0./build/libs/shop-1.2.jar\0--server.port=80", "shop-1.2.jar"),
		SAMPLE("java",
		       "/usr/lib/jvm/java-17-openjdk-amd64/bin/java\0-Djava.util.logging.config.file=/var/lib/tomcat10/"
		       "conf/logging.properties\0-Djava.util.logging.manager=org.apache.juli.ClassLoaderLogManager\0"
		       "-Djava.awt.headless=true\0-Djdk.tls.ephemeralDHKeySize=2048\0--add-opens=java.base/java.lang="
		       "ALL-UNNAMED\0--add-opens=java.base/java.io=ALL-UNNAMED\0-classpath\0/usr/share/tomcat10/bin/"
		       "bootstrap.jar:/usr/share/tomcat10/bin/tomcat-juli.jar\0-Dcatalina.base=/var/lib/tomcat10\0"
		       "-Dcatalina.home=/usr/share/tomcat10\0-Djava.io.tmpdir=/tmp\0org.apache.catalina.startup."
		       "Bootstrap\0start",
		       "org.apache.catalina.startup.Bootstrap"),
		SAMPLE("java",
		       "java\0-Xms1g\0-XX:+UseG1GC\0-XX:OnOutOfMemoryError=kill -9 %p\0-Xlog:gc*:file=/var/log/gc.log\0"
		       "-javaagent:/opt/agent.jar=port\0-cp\0/opt/kafka/libs/*\0kafka.Kafka\0server.properties",
		       "kafka.Kafka"),
		SAMPLE("java",
		       "/opt/jdk/bin/java\0--add-modules\0jdk.net\0--add-exports\0a/b=c\0--add-opens\0a/b=c\0"
		       "--add-reads\0a=b\0--patch-module\0a=b\0--limit-modules\0a\0--enable-native-access\0a\0"
		       "--upgrade-module-path\0/m\0--class-path\0/c\0-p\0/p\0--module-path\0/q\0Main",
		       "Main"),
		SAMPLE("java",
		       "java\0-p\0mods\0-m\0"
		       "com.example/com.example.Main\0x",
		       "com.example.Main"),
		SAMPLE("java", "java\0--module=com.example/com.example.Main", "com.example.Main"),
		SAMPLE("java", "java\0--module\0com.example", "com.example"),
		SAMPLE("java", "java\0@/opt/jvm.options\0-jar\0app.jar", "app.jar"),
		SAMPLE("java", "java\0@jvm.options\0org.example.Main\0x", "org.example.Main"),
		SAMPLE("java", "java\0@everything\0server.properties", ""), /* the class is in the file */
		SAMPLE("java", "java\0/srv/Tool.java\0x", "Tool.java"),
		SAMPLE("java", "java\0-version", ""),
		SAMPLE("java", "java\0-cp", ""),
		SAMPLE("java", "java\0-jar", ""),
		SAMPLE("java", "java", ""),
		SAMPLE("java", "my-broker\0-jar\0broker.jar", "broker.jar"), /* exec -a my-broker java ... */
	};

	(void)state;
	CHECK(samples);
}

static void python(void **state)
{
	static const struct sample samples[] = {
		SAMPLE("python3",
		       "python3\0-m\0http.server\0"
		       "8000",
		       "http.server"),
		SAMPLE("gunicorn", "/usr/bin/python3\0/usr/bin/gunicorn\0app", "gunicorn"),
		SAMPLE("uwsgi-thing", "/srv/venv/bin/python\0-u\0manage.py\0runserver", "manage.py"),
		SAMPLE("python3.11", "python3.11\0-W\0ignore\0-X\0dev\0/srv/a b.py", "a b.py"),
		SAMPLE("python3", "python3\0-Wignore\0-Xdev\0-OO\0x.py", "x.py"),
		SAMPLE("python3", "python3\0-uW\0ignore\0x.py", "x.py"),
		SAMPLE("python3", "python3\0-um\0celery\0worker", "celery"),
		SAMPLE("python3", "python3\0-mcelery\0worker", "celery"),
		SAMPLE("python3", "python3\0-c\0import time; time.sleep(9)", "-c"),
		SAMPLE("python3", "python3\0-Bcprint(1)", "-c"),
		SAMPLE("python3", "python3\0--check-hash-based-pycs\0never\0x.py", "x.py"),
		SAMPLE("python3", "python3\0-", ""),
		SAMPLE("python3", "python3", ""),
		SAMPLE("python3", "python3\0", ""),
		SAMPLE("python3", "python3\0-m", ""),
		SAMPLE("python3", "python3\0/srv/app/", "app"),
		SAMPLE("python3", "python3\0.", ""),
		SAMPLE("pypy3", "pypy3\0app.py", "app.py"),
		SAMPLE("python3-config", "/bin/sh\0/usr/bin/python3-config\0--libs", ""),
		SAMPLE("gunicorn: maste", "gunicorn: master [app:app]\0\0\0\0", ""), /* it says so itself */
	};

	(void)state;
	CHECK(samples);
}

static void node(void **state)
{
	static const struct sample samples[] = {
		SAMPLE("node", "node\0--require\0x\0/srv/app.js", "app.js"),
		SAMPLE("node", "/usr/bin/node\0-r\0dotenv/config\0--import\0./i.mjs\0server.mjs\0x", "server.mjs"),
		SAMPLE("node", "node\0--max-old-space-size=4096\0--inspect\0dist/main.js", "main.js"),
		SAMPLE("node", "node\0--env-file\0.env\0--\0-odd.js", "-odd.js"),
		SAMPLE("node", "node\0-e\0setInterval(()=>{},1)", "-e"),
		SAMPLE("node", "node\0--eval=1", "--eval"),
		SAMPLE("node",
		       "nodejs\0-pe\0"
		       "1",
		       "-pe"),
		SAMPLE("MainThread", "node\0/usr/bin/npm\0start", "npm"),
		SAMPLE("node", "node\0inspect\0app.js", "app.js"),
		SAMPLE("node", "node", ""),
		SAMPLE("npm start", "npm start\0\0\0", ""),
	};

	(void)state;
	CHECK(samples);
}

static void others(void **state)
{
	static const struct sample samples[] = {
		SAMPLE("ruby",
		       "ruby3.1\0-I\0lib\0-r\0bundler/setup\0-W2\0/srv/bin/puma\0-p\0"
		       "1",
		       "puma"),
		SAMPLE("ruby", "ruby\0-S\0rails\0server", "rails"),
		SAMPLE("ruby", "ruby\0-ne\0puts", "-e"),
		SAMPLE("perl", "/usr/bin/perl\0-wT\0-I\0/lib\0-MSocket=all\0/usr/sbin/munin-node", "munin-node"),
		SAMPLE("perl", "perl\0-0777\0-i.bak\0-lne\0print", "-e"),
		SAMPLE("perl", "perl\0-d:Trace\0x.pl", "x.pl"),
		SAMPLE("php", "php8.2\0-d\0memory_limit=1G\0artisan\0queue:work", "artisan"),
		SAMPLE("php", "php\0-dfoo=1\0-f\0/srv/worker.php", "worker.php"),
		SAMPLE("php",
		       "php\0-S\0"
		       "127.0.0.1:8000\0-t\0public\0router.php",
		       "router.php"),
		SAMPLE("php", "php\0-r\0sleep(9);", "-r"),
		SAMPLE("dotnet", "/usr/bin/dotnet\0/srv/Shop.Api.dll\0--urls\0x", "Shop.Api.dll"),
		SAMPLE("dotnet", "dotnet\0exec\0--runtimeconfig\0x.json\0Shop.dll", "Shop.dll"),
		SAMPLE("mono", "/usr/bin/mono\0--debug\0/usr/lib/app/App.exe", "App.exe"),
		SAMPLE("mono", "/usr/bin/mono-sgen\0/usr/lib/app/App.exe", "App.exe"),
		SAMPLE("sshd", "sshd: user@pts/0", ""),
		SAMPLE("nginx", "nginx: worker process", ""),
		SAMPLE("bash", "bash\0./run.sh", ""), /* a shell holds few connections, and its script is its comm */
		SAMPLE("busybox", "/x/java/busybox\0-jar\0x.jar", ""),
	};

	(void)state;
	CHECK(samples);
}

static void erlang(void **state)
{
	static const struct sample samples[] = {
		/* RabbitMQ 3.10 of Debian 12 */
		SAMPLE("beam.smp",
		       "/usr/lib/erlang/erts-13.1.5/bin/beam.smp\0-W\0w\0-MBas\0ageffcbf\0-MHas\0ageffcbf\0-MBlmbcs\0"
		       "512\0-MHlmbcs\0"
		       "512\0-MMmcs\0"
		       "30\0-P\0"
		       "1048576\0-t\0"
		       "5000000\0-stbt\0db\0-zdbbl\0"
		       "128000\0-sbwt\0none\0-B\0i\0--\0-root\0/usr/lib/erlang\0-bindir\0/usr/lib/erlang/erts-13.1.5/"
		       "bin\0-progname\0erl\0--\0-home\0/var/lib/rabbitmq\0--\0-pa\0\0-noshell\0-noinput\0-s\0rabbit\0"
		       "boot\0-boot\0start_sasl\0-syslog\0logger\0[]\0-syslog\0syslog_error_logger\0"
		       "false\0-kernel\0prevent_overlapping_partitions\0"
		       "false",
		       "rabbit"),
		SAMPLE("beam.smp", "beam.smp\0--\0-root\0/r\0-progname\0erl\0--\0-s\0x\0-name\0couchdb@127.0.0.1",
		       "couchdb@127.0.0.1"),
		SAMPLE("beam.smp", "beam.smp\0--\0-root\0/r\0-progname\0erl\0--\0-sname\0ejabberd\0-s\0ejabberd",
		       "ejabberd"),
		SAMPLE("beam.smp", "beam.smp\0--\0-progname\0/srv/rel/shop\0--\0-home\0/h", "shop"),
		SAMPLE("beam.smp",
		       "beam.smp\0--\0-progname\0erl\0--\0-noshell\0-s\0elixir\0start_cli\0-extra\0-name\0x", "elixir"),
		SAMPLE("beam.smp", "beam.smp\0--\0-progname\0erl\0--\0-home\0/root", ""),
		SAMPLE("beam.smp", "beam.smp\0--\0-sname", ""),
	};

	(void)state;
	CHECK(samples);
}

/* Every beginning of a command line, with and without its last zero. */
static void cut_short(void **state)
{
	static const char args[] = "java\0-cp\0a:b\0-Dx=y\0--module=a/b\0";
	char title[TITLE_LENGTH + 1];

	(void)state;
	for (size_t n = 0; n < sizeof(args); n++) {
		find(title, args, n, "java");
		find(title, args, n, "beam.smp");
	}
	find(title, "", 0, "java");
	assert_string_equal(title, "");
	find(title, "python3\0/srv/x.py", sizeof("python3\0/srv/x.py") - 1, "x"); /* no zero at the end */
	assert_string_equal(title, "x.py");
}

static void any_bytes(void **state)
{
	static const struct sample samples[] = {
		SAMPLE("x", "python3\0/srv/\033[31m\n\"\\.py", "\033[31m\n\"\\.py"),
		SAMPLE("x", "python3\0\xff\xfe", "\xff\xfe"),
		SAMPLE("x", "\0\0\0", ""),
		SAMPLE("x", "////\0x", ""),
		SAMPLE("", "java\0\0Main", ""),
		SAMPLE("x", "python3\0///", ""),
	};

	(void)state;
	CHECK(samples);
}

/* Cut before a character that does not fit; what is no character is cut anywhere. */
static void long_titles(void **state)
{
	char args[128] = "python3", title[TITLE_LENGTH + 1], expected[TITLE_LENGTH + 1] = "";

	(void)state;
	memset(args + 8, 'a', 100);
	find(title, args, 108, "x");
	assert_int_equal(strlen(title), TITLE_LENGTH);
	for (size_t i = 0; i < 25; i++)
		memcpy(args + 8 + 4 * i, "\xf0\x9f\x98\x80", 4);
	memcpy(expected, args + 8, 60);
	find(title, args, 108, "x");
	assert_string_equal(title, expected);
	memset(args + 8, 0x80, 100);
	find(title, args, 108, "x");
	assert_true(strlen(title) >= TITLE_LENGTH - 3);
}

/* Class paths have tens of thousands of bytes. */
static void long_command_lines(void **state)
{
	static const char begin[] = "java\0-cp\0", end[] = "\0org.example.Main";
	char title[TITLE_LENGTH + 1], *args = malloc(100000 + sizeof(begin) + sizeof(end));

	(void)state;
	assert_non_null(args);
	memcpy(args, begin, sizeof(begin) - 1);
	memset(args + sizeof(begin) - 1, 'x', 100000);
	memcpy(args + sizeof(begin) - 1 + 100000, end, sizeof(end));
	find(title, args, sizeof(begin) - 1 + 100000 + sizeof(end), "java");
	assert_string_equal(title, "org.example.Main");
	free(args);
}

static void in_brief(void **state)
{
	(void)state;
	assert_string_equal(title_in_brief("org.apache.catalina.startup.Bootstrap"), "Bootstrap");
	assert_string_equal(title_in_brief("kafka.Kafka$1"), "Kafka$1");
	assert_string_equal(title_in_brief("Main"), "Main");
	assert_string_equal(title_in_brief("http.server"), "http.server");
	assert_string_equal(title_in_brief("app.jar"), "app.jar");
	assert_string_equal(title_in_brief("couchdb@host.Example"), "couchdb@host.Example");
	assert_string_equal(title_in_brief("1.Main"), "1.Main");
	assert_string_equal(title_in_brief("a..Main"), "a..Main");
	assert_string_equal(title_in_brief("a.Main."), "a.Main.");
	assert_string_equal(title_in_brief(""), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(java),      cmocka_unit_test(python),
		cmocka_unit_test(node),      cmocka_unit_test(others),
		cmocka_unit_test(erlang),    cmocka_unit_test(cut_short),
		cmocka_unit_test(any_bytes), cmocka_unit_test(long_titles),
		cmocka_unit_test(in_brief),  cmocka_unit_test(long_command_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
