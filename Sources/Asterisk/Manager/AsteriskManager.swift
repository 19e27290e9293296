import FoundationEssentials
import NIOCore
import NIOPosix

/// A client of Asterisk's manager interface (AMI), for what an announcer asks where ARI does not answer: the channels in use.
///
/// Each question is a connection of its own, so that one which hangs takes nothing along. A user needs `write = reporting` for the channels, and
/// `call` for their Call-IDs.
public struct AsteriskManager: Sendable {
    /// A user of `manager.conf`.
    public struct Credentials: Sendable {
        public var user: String
        public var secret: String

        public init(user: String, secret: String) {
            self.user = user
            self.secret = secret
        }
    }

    public let host: String
    public let port: Int
    private let credentials: Credentials
    private let timeout: Duration

    /// - Parameters:
    ///   - host: an IP address; names are not resolved.
    ///   - timeout: of each question, connection included.
    public init(host: String, port: Int, credentials: Credentials, timeout: Duration = .seconds(2)) {
        self.host = host
        self.port = port
        self.credentials = credentials
        self.timeout = timeout
    }

    /// The channels in use, as Asterisk lists them.
    public func channels() async throws(ManagerError) -> [Channel] {
        let address = "\(host):\(port)"
        let outcome: ManagerConversation.Outcome
        do {
            outcome = try await converse()
        } catch {
            throw ManagerError(address: address, kind: .unreachable("\(error)"))
        }
        switch outcome {
        case .failed(let kind): throw ManagerError(address: address, kind: kind)
        case .channels(let listed):
            let now = Date()
            return listed.map {
                Channel(
                    id: $0.id, protocolID: $0.callID, state: $0.state,
                    creationTime: now.addingTimeInterval(-Double($0.age)))
            }
        }
    }

    private func converse() async throws -> ManagerConversation.Outcome {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let promise = loop.makePromise(of: ManagerConversation.Outcome.self)
        let conversation = ManagerConversation(user: credentials.user, secret: credentials.secret)
        let limit = TimeAmount(timeout)
        let words = "no answer in \(limit.nanoseconds / 1_000_000) ms"
        let deadline = loop.scheduleTask(in: limit) { promise.succeed(.failed(.unreachable(words))) }
        defer { deadline.cancel() }
        let channel: any NIOCore.Channel
        do {
            channel = try await ClientBootstrap(group: loop)
                .connectTimeout(limit)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(
                            ManagerHandler(conversation: conversation, promise: promise))
                    }
                }
                .connect(to: SocketAddress(ipAddress: host, port: port)).get()
        } catch {
            // A promise must be kept.
            promise.succeed(.failed(.unreachable("\(error)")))
            return try await promise.futureResult.get()
        }
        let outcome = try await withTaskCancellationHandler {
            try await promise.futureResult.get()
        } onCancel: {
            promise.succeed(.failed(.unreachable("cancelled")))
        }
        try? await channel.close().get()
        return outcome
    }
}

/// Carries bytes between a connection and its conversation; lives on the connection's event loop.
private final class ManagerHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var conversation: ManagerConversation
    private let promise: EventLoopPromise<ManagerConversation.Outcome>

    init(conversation: ManagerConversation, promise: EventLoopPromise<ManagerConversation.Outcome>) {
        self.conversation = conversation
        self.promise = promise
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let (reply, outcome) = conversation.receive(unwrapInboundIn(data).readableBytesView)
        if !reply.isEmpty { context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: reply)), promise: nil) }
        guard let outcome else { return }
        promise.succeed(outcome)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        // The first result counts.
        promise.succeed(.failed(.unreachable("the connection was closed")))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        promise.succeed(.failed(.unreachable("\(error)")))
        context.close(promise: nil)
    }
}
