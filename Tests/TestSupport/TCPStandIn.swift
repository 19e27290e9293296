import NIOCore
import NIOPosix

/// A TCP server on 127.0.0.1 that behaves as no server should. It is gone when the last reference goes.
public final class TCPStandIn: Sendable {
    public enum Behaviour: Sendable {
        case closing
        /// Sends the same again and again, as fast as it is taken.
        case flooding([UInt8])
        /// Says something first; then the same again and again, or nothing.
        case greeting(String, thenFlooding: [UInt8])
        /// Says something first, and answers to each piece that comes.
        case answering(greeting: String, @Sendable (String) -> String)
    }

    private let listener: any Channel
    public var port: Int { listener.localAddress?.port ?? 0 }

    private init(_ listener: any Channel) {
        self.listener = listener
    }

    public static func start(_ behaviour: Behaviour) async throws -> TCPStandIn {
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(ChannelOptions.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Handler(behaviour))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return TCPStandIn(listener)
    }

    deinit { listener.close(promise: nil) }
}

private final class Handler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let behaviour: TCPStandIn.Behaviour

    init(_ behaviour: TCPStandIn.Behaviour) {
        self.behaviour = behaviour
    }

    func channelActive(context: ChannelHandlerContext) {
        switch behaviour {
        case .closing: context.close(promise: nil)
        case .flooding(let bytes): flood(bytes, context)
        case .greeting(let text, let bytes):
            say(text, context)
            if !bytes.isEmpty { flood(bytes, context) }
        case .answering(let text, _): say(text, context)
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .answering(_, let answer) = behaviour else { return }
        say(answer(String(buffer: unwrapInboundIn(data))), context)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func say(_ text: String, _ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
    }

    /// The next piece when the last one is gone.
    private func flood(_ bytes: [UInt8], _ context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes))).whenSuccess {
            // A turn of the loop for the others.
            bound.value.1.eventLoop.execute {
                let (handler, context) = bound.value
                handler.flood(bytes, context)
            }
        }
    }
}
