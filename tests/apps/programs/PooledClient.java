// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Scanner;
import java.util.concurrent.TimeUnit;
import org.apache.http.client.methods.CloseableHttpResponse;
import org.apache.http.client.methods.HttpGet;
import org.apache.http.config.SocketConfig;
import org.apache.http.impl.client.CloseableHttpClient;
import org.apache.http.impl.client.HttpClients;
import org.apache.http.impl.conn.PoolingHttpClientConnectionManager;
import org.apache.http.util.EntityUtils;

/**
 * PooledClient URL: each line of input is a command. fill makes three requests at a time, get makes one, evict closes
 * the connections that are idle. Prints what came of it, and the pool.
 */
class PooledClient {
	static final PoolingHttpClientConnectionManager pool = new PoolingHttpClientConnectionManager();

	public static void main(String[] args) {
		pool.setDefaultMaxPerRoute(3);
		pool.setDefaultSocketConfig(SocketConfig.custom().setSoKeepAlive(true).build());
		pool.setValidateAfterInactivity(-1);
		CloseableHttpClient client =
			HttpClients.custom().setConnectionManager(pool).disableAutomaticRetries().build();
		print("ready");
		for (Scanner commands = new Scanner(System.in); commands.hasNextLine();)
			obey(commands.nextLine(), client, args[0]);
	}

	static void obey(String command, CloseableHttpClient client, String url) {
		try {
			if (command.equals("evict"))
				pool.closeIdleConnections(0, TimeUnit.SECONDS);
			else
				get(client, url, command.equals("fill") ? 3 : 1);
			print("done: " + command);
		} catch (IOException error) {
			print(error.toString());
		}
	}

	static void get(CloseableHttpClient client, String url, int n) throws IOException {
		List<CloseableHttpResponse> responses = new ArrayList<>();
		for (int i = 0; i < n; i++)
			responses.add(client.execute(new HttpGet(url)));
		for (CloseableHttpResponse response : responses)
			EntityUtils.consume(response.getEntity());
	}

	static void print(String what) {
		System.out.println(what + " " + pool.getTotalStats());
	}
}
