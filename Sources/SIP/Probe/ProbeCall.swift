import FoundationEssentials
import Glibc
import NIOCore
import NIOPosix

/// A call that shows whether an instance serves callers: INVITE to an extension that echoes, a tone there and back, BYE.
public struct ProbeCall: Sendable, Hashable {
    /// An IP address; names are not resolved.
    public var host: String
    public var port: Int
    /// The user part of what is called.
    public var `extension`: String
    /// Seconds for the answer and for the tone together.
    public var timeout: TimeInterval

    public enum Result: Sendable, Hashable {
        case passed
        /// With what went wrong, in words.
        case failed(String)
    }

    public init(host: String, port: Int, extension: String, timeout: TimeInterval = 4) {
        self.host = host
        self.port = port
        self.extension = `extension`
        self.timeout = timeout
    }

    var peer: SIPPeer { SIPPeer(host: host, port: port) }

    /// Makes the call; takes at most `timeout` and 1.5 s for its end. Cancelled, it is not ended in order.
    public func make(group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton) async -> Result {
        let loop = group.next()
        let result = loop.makePromise(of: Result.self)
        var channels: [any Channel] = []
        do {
            let remote = try SocketAddress(ipAddress: host, port: port)
            // Connected, so that a closed port is reported (ICMP) and the local address is known.
            let sip = try await DatagramBootstrap(group: loop)
                .channelOption(
                    ChannelOptions.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: SIPMessage.longest)
                )
                .connect(to: remote).get()
            channels.append(sip)
            guard let address = sip.localAddress?.ipAddress, let port = sip.localAddress?.port else {
                throw SIPError(description: "the socket has no address")
            }
            let rtp = try await DatagramBootstrap(group: loop).bind(host: address, port: 0).get()
            channels.append(rtp)
            let dialog = ProbeDialog(
                self, local: SIPPeer(host: address, port: port), media: rtp.localAddress?.port ?? 0,
                identity: String(UInt64.random(in: .min ... .max), radix: 16), now: Date())
            try await loop.submit {
                let caller = ProbeCaller(dialog, sip: sip, rtp: rtp, remote: remote, result: result)
                try sip.pipeline.syncOperations.addHandler(ProbeSIPHandler(caller))
                try rtp.pipeline.syncOperations.addHandler(ProbeRTPHandler(caller))
                caller.begin()
            }.get()
        } catch {
            result.succeed(.failed("cannot call \(host):\(port): \(error)"))
        }
        let said = await withTaskCancellationHandler {
            (try? await result.futureResult.get()) ?? .failed("cannot call \(host):\(port)")
        } onCancel: {
            result.succeed(.failed("the call was cancelled"))
        }
        for channel in channels { try? await channel.close().get() }
        return said
    }
}

/// Carries a `ProbeDialog` on its two sockets; lives on their event loop.
private final class ProbeCaller {
    private var dialog: ProbeDialog
    private let sip: any Channel
    private let rtp: any Channel
    private let remote: SocketAddress
    private let result: EventLoopPromise<ProbeCall.Result>
    private var ticks: RepeatedTask?

    init(
        _ dialog: ProbeDialog, sip: any Channel, rtp: any Channel, remote: SocketAddress,
        result: EventLoopPromise<ProbeCall.Result>
    ) {
        self.dialog = dialog
        self.sip = sip
        self.rtp = rtp
        self.remote = remote
        self.result = result
    }

    func begin() {
        send(dialog.begin(now: Date()))
        let bound = NIOLoopBound(self, eventLoop: sip.eventLoop)
        ticks = sip.eventLoop.scheduleRepeatedTask(initialDelay: .milliseconds(10), delay: .milliseconds(10)) { _ in
            let caller = bound.value
            caller.send(caller.dialog.tick(now: Date()))
        }
    }

    func receive(_ bytes: [UInt8]) {
        // Rubbish is passed over.
        guard let message = try? SIPMessage(parsing: bytes) else { return }
        send(dialog.receive(message, now: Date()))
    }

    func hear(_ bytes: [UInt8]) { dialog.hear(bytes) }

    func fail(_ error: any Error) {
        if (error as? IOError)?.errnoCode == ECONNREFUSED { dialog.refuse() }
        send([])
    }

    func stop() {
        ticks?.cancel()
        ticks = nil
    }

    private func send(_ outputs: [ProbeDialog.Output]) {
        for output in outputs {
            switch output {
            case .sip(let message): write(message.rendered(), to: remote, on: sip)
            case .rtp(let packet, let peer):
                // Where its answer's address is none, no tone comes back.
                guard let address = try? SocketAddress(ipAddress: peer.host, port: peer.port) else { continue }
                write(packet, to: address, on: rtp)
            }
        }
        if let said = dialog.result {
            stop()
            // The first result counts; a promise may be fulfilled again without effect.
            result.succeed(said)
        }
    }

    private func write(_ bytes: [UInt8], to address: SocketAddress, on channel: any Channel) {
        channel.writeAndFlush(
            AddressedEnvelope(remoteAddress: address, data: ByteBuffer(bytes: bytes)), promise: nil)
    }
}

private final class ProbeSIPHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    private let caller: ProbeCaller

    init(_ caller: ProbeCaller) {
        self.caller = caller
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        caller.receive(Array(unwrapInboundIn(data).data.readableBytesView))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { caller.fail(error) }

    func channelInactive(context: ChannelHandlerContext) { caller.stop() }
}

private final class ProbeRTPHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    private let caller: ProbeCaller

    init(_ caller: ProbeCaller) {
        self.caller = caller
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        caller.hear(Array(unwrapInboundIn(data).data.readableBytesView))
    }

    /// What nobody listens to does not come back.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}
