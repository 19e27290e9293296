import FoundationEssentials
import NIOCore
import NIOPosix

/// An address could not be used for SIP.
public struct SIPError: Error, CustomStringConvertible {
    /// `address:port` and what the system said.
    public let description: String
}

/// A SIP user agent on one UDP address that answers as an Asterisk does: OPTIONS with 200, INVITE with 100 and 200.
///
/// Calls that offer PCMU hear themselves. It runs until `close`; its state lives on one event loop.
public final class SIPEndpoint: Sendable {
    private let channel: any Channel
    /// RTP of all its calls.
    private let media: any Channel
    private let handler: NIOLoopBound<EndpointHandler>

    private init(channel: any Channel, media: any Channel, handler: NIOLoopBound<EndpointHandler>) {
        self.channel = channel
        self.media = media
        self.handler = handler
    }

    /// Binds `address:port` (0: any free port) and answers from then on, naming itself `Asterisk PBX <version>`.
    /// - Throws: `SIPError` when the address is not an IP address of this host or the port is taken.
    public static func start(
        address: String, port: Int, version: String, behaviour: SIPBehaviour = SIPBehaviour(),
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) async throws(SIPError) -> SIPEndpoint {
        do {
            let local = try SocketAddress(ipAddress: address, port: port)
            let loop = group.next()
            let channel = try await DatagramBootstrap(group: loop)
                .channelOption(
                    ChannelOptions.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: SIPMessage.longest)
                )
                .bind(to: local).get()
            let media: any Channel
            do {
                media = try await DatagramBootstrap(group: loop)
                    .channelInitializer { channel in
                        channel.eventLoop.makeCompletedFuture {
                            try channel.pipeline.syncOperations.addHandler(EchoHandler())
                        }
                    }
                    .bind(to: SocketAddress(ipAddress: address, port: 0)).get()
            } catch {
                try? await channel.close().get()
                throw error
            }
            let bound = SIPPeer(host: address, port: channel.localAddress?.port ?? port)
            let handler = try await loop.submit {
                var server = UserAgentServer(local: bound, product: "Asterisk PBX \(version)")
                server.media = media.localAddress?.port
                let handler = EndpointHandler(server: server, behaviour: behaviour)
                try channel.pipeline.syncOperations.addHandler(handler)
                return NIOLoopBound(handler, eventLoop: loop)
            }.get()
            return SIPEndpoint(channel: channel, media: media, handler: handler)
        } catch {
            throw SIPError(description: "cannot answer SIP on \(address):\(port): \(error)")
        }
    }

    /// The port in use.
    public var port: Int { channel.localAddress?.port ?? 0 }

    /// The calls in progress, oldest first; none once the endpoint is closed.
    public func calls() async -> [SIPCall] {
        (try? await channel.eventLoop.submit { [handler] in handler.value.server.calls }.get()) ?? []
    }

    /// Changes how it answers from now on.
    public func behave(_ behaviour: SIPBehaviour) async {
        try? await channel.eventLoop.submit { [handler] in handler.value.server.behaviour = behaviour }.get()
    }

    /// Stops answering. `hangingUp`: calls get BYE first, as from a stopped process; without it there is silence, as from a killed one.
    public func close(hangingUp: Bool) async {
        try? await channel.eventLoop.submit { [handler] in
            if hangingUp { handler.value.hangUp() }
        }.get()
        try? await channel.close().get()
        try? await media.close().get()
    }
}

/// Sends every datagram back to where it came from.
private final class EchoHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        context.writeAndFlush(data, promise: nil)
    }

    /// A caller that is gone hears nothing.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}

/// Carries datagrams between the channel and the `UserAgentServer`; lives on the channel's event loop.
private final class EndpointHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    var server: UserAgentServer
    private var context: ChannelHandlerContext?
    private var ticks: RepeatedTask?

    init(server: UserAgentServer, behaviour: SIPBehaviour) {
        self.server = server
        self.server.behaviour = behaviour
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        ticks = context.eventLoop.scheduleRepeatedTask(initialDelay: .milliseconds(100), delay: .milliseconds(100)) {
            _ in
            bound.value.send(bound.value.server.tick(now: Date()))
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        ticks?.cancel()
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        guard let host = envelope.remoteAddress.ipAddress, let port = envelope.remoteAddress.port,
            // Rubbish is dropped: there is nobody to answer.
            let message = try? SIPMessage(parsing: Array(envelope.data.readableBytesView))
        else { return }
        send(server.receive(message, from: SIPPeer(host: host, port: port), now: Date()))
    }

    func hangUp() {
        send(server.hangUpAll(now: Date()))
    }

    private func send(_ packets: [UserAgentServer.Packet]) {
        guard let context, !packets.isEmpty else { return }
        for packet in packets {
            guard let address = try? SocketAddress(ipAddress: packet.to.host, port: packet.to.port) else { continue }
            let envelope = AddressedEnvelope(
                remoteAddress: address, data: ByteBuffer(bytes: packet.message.rendered()))
            context.write(NIOAny(envelope), promise: nil)
        }
        context.flush()
    }
}
