// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelOption;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioServerSocketChannel;

/** NettyServer PORT: accepts connections, with keepalive, and prints the errors that end them. */
@Sharable
class NettyServer extends ChannelInboundHandlerAdapter {
	public static void main(String[] args) throws Exception {
		new ServerBootstrap()
			.group(new NioEventLoopGroup(1))
			.channel(NioServerSocketChannel.class)
			.childOption(ChannelOption.SO_KEEPALIVE, true)
			.childHandler(new NettyServer())
			.bind(Integer.parseInt(args[0])).sync().channel().closeFuture().sync();
	}

	@Override
	public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
		System.out.println(context.channel().remoteAddress() + ": " + cause.getMessage());
		context.close();
	}
}
