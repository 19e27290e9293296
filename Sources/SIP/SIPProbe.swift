import Glibc
import NIOCore
import NIOPosix

/// What a SIP address said to OPTIONS.
public enum OptionsAnswer: Sendable, Hashable {
    /// A final answer, with its `Server` header.
    case answered(status: Int, server: String?)
    /// Nothing listens on the port: what was there has stopped.
    case closed
    /// No answer within the time: what is there hangs, or nothing gets through.
    case silent(reason: String)

    /// Whether calls may go there: 2xx, and 401 and 404 too, which a running Asterisk gives where authentication or the dialplan say so. 503 is one that drains.
    public var isAlive: Bool {
        if case .answered(let status, _) = self {
            (200...299).contains(status) || status == 401 || status == 404
        } else {
            false
        }
    }

    /// The version in `Server: Asterisk PBX <version>`.
    public var asteriskVersion: String? {
        guard case .answered(_, let server?) = self, server.hasPrefix("Asterisk PBX ") else { return nil }
        return String(server.dropFirst("Asterisk PBX ".count))
    }
}

/// Asks a SIP address for its state with OPTIONS over UDP (RFC 3261 section 11).
public enum SIPProbe {
    /// Sends OPTIONS, again after T1 (500 ms), then doubling up to T2 (4 s), as RFC 3261 section 17.1.2.2 says, until a final answer or the end of `timeout`.
    ///
    /// - Parameter host: an IP address; names are not resolved.
    public static func options(
        host: String, port: Int, timeout: Duration,
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) async -> OptionsAnswer {
        let loop = group.next()
        let answer = loop.makePromise(of: OptionsAnswer.self)
        do {
            let remote = try SocketAddress(ipAddress: host, port: port)
            let identity = String(UInt64.random(in: .min ... .max), radix: 16)
            // Connected, so that a closed port is reported (ICMP) and the local address is known.
            let channel = try await DatagramBootstrap(group: loop)
                .channelOption(
                    ChannelOptions.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: SIPMessage.longest)
                )
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(
                            ProbeHandler(remote: remote, identity: identity, timeout: timeout, answer: answer))
                    }
                }
                .connect(to: remote).get()
            let result = try await withTaskCancellationHandler {
                try await answer.futureResult.get()
            } onCancel: {
                answer.succeed(.silent(reason: "the probe was cancelled"))
            }
            try? await channel.close().get()
            return result
        } catch {
            answer.succeed(.silent(reason: "cannot ask \(host):\(port): \(error)"))
            return (try? await answer.futureResult.get()) ?? .silent(reason: "cannot ask \(host):\(port)")
        }
    }
}

/// One OPTIONS transaction; lives on the channel's event loop.
private final class ProbeHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let remote: SocketAddress
    /// Random text that makes branch, tag and Call-ID our own.
    private let identity: String
    private let timeout: TimeAmount
    private let answer: EventLoopPromise<OptionsAnswer>
    private var timers: [Scheduled<Void>] = []

    init(remote: SocketAddress, identity: String, timeout: Duration, answer: EventLoopPromise<OptionsAnswer>) {
        self.remote = remote
        self.identity = identity
        self.timeout = TimeAmount(timeout)
        self.answer = answer
    }

    func channelActive(context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        timers.append(
            context.eventLoop.scheduleTask(in: timeout) {
                let (handler, _) = bound.value
                handler.finish(.silent(reason: "no answer in \(handler.timeout.nanoseconds / 1_000_000) ms"))
            })
        send(context, again: .milliseconds(500))
    }

    private func send(_ context: ChannelHandlerContext, again interval: TimeAmount) {
        guard let local = context.channel.localAddress, let host = local.ipAddress, let port = local.port,
            let remoteHost = remote.ipAddress, let remotePort = remote.port
        else { return finish(.silent(reason: "the socket has no address")) }
        let request = SIPMessage(
            start: .request(method: "OPTIONS", uri: "sip:\(remoteHost):\(remotePort)"),
            headers: [
                .init("Via", "SIP/2.0/UDP \(host):\(port);branch=z9hG4bK\(identity);rport"),
                .init("Max-Forwards", "70"), .init("From", "<sip:dialtone@\(host):\(port)>;tag=\(identity)"),
                .init("To", "<sip:\(remoteHost):\(remotePort)>"), .init("Call-ID", "\(identity)@\(host)"),
                .init("CSeq", "1 OPTIONS"), .init("Contact", "<sip:dialtone@\(host):\(port)>"),
                .init("User-Agent", "dialtone"), .init("Accept", "application/sdp"),
            ])
        let data = ByteBuffer(bytes: request.rendered())
        context.writeAndFlush(NIOAny(AddressedEnvelope(remoteAddress: remote, data: data)), promise: nil)
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        timers.append(
            context.eventLoop.scheduleTask(in: interval) {
                let (handler, context) = bound.value
                handler.send(context, again: min(interval + interval, .seconds(4)))
            })
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard let message = try? SIPMessage(parsing: Array(unwrapInboundIn(data).data.readableBytesView)),
            let status = message.status, status >= 200, message.branch == "z9hG4bK\(identity)",
            message.sequence?.method == "OPTIONS"
        else { return }
        finish(.answered(status: status, server: message.header("Server")))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        finish((error as? IOError)?.errnoCode == ECONNREFUSED ? .closed : .silent(reason: "\(error)"))
    }

    func channelInactive(context: ChannelHandlerContext) {
        finish(.silent(reason: "the socket was closed"))
    }

    private func finish(_ result: OptionsAnswer) {
        for timer in timers { timer.cancel() }
        timers = []
        // The first result counts; a promise may be fulfilled again without effect.
        answer.succeed(result)
    }
}
