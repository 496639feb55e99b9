// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardSocketOptions;
import jdk.net.ExtendedSocketOptions;

/**
 * KeepaliveSocket PORT: accepts connections and reads from them. KeepaliveSocket HOST PORT: connects for a byte of
 * input, and shuts its output down for another. Both probe after 2 s, and print how reading ends.
 */
class KeepaliveSocket {
	public static void main(String[] args) throws Exception {
		if (args.length == 1)
			accept(new ServerSocket(Integer.parseInt(args[0])));
		else
			connect(args[0], Integer.parseInt(args[1]));
	}

	static void set(Socket socket) throws IOException {
		socket.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
		socket.setOption(ExtendedSocketOptions.TCP_KEEPIDLE, 2);
		socket.setOption(ExtendedSocketOptions.TCP_KEEPINTERVAL, 1);
		socket.setOption(ExtendedSocketOptions.TCP_KEEPCOUNT, 3);
	}

	static void accept(ServerSocket listener) throws IOException {
		while (true) {
			Socket socket = listener.accept();
			set(socket);
			new Thread(() -> read(socket)).start();
		}
	}

	static void connect(String host, int port) throws IOException {
		System.in.read();
		Socket socket = new Socket(host, port);
		set(socket);
		new Thread(() -> read(socket)).start();
		System.in.read();
		socket.shutdownOutput();
	}

	static void read(Socket socket) {
		String result;
		try {
			result = "read " + socket.getInputStream().read();
		} catch (IOException error) {
			result = error.toString();
		}
		System.out.println(socket.getPort() + ": " + result);
	}
}
