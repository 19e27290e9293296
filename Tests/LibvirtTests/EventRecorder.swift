import Libvirt
import Synchronization

/// Keeps all that a stream of events brings.
final class EventRecorder: Sendable {
    private let events = Mutex<[LibvirtEvent]>([])
    private let reader = Mutex<Task<Void, Never>?>(nil)

    init(_ stream: AsyncStream<LibvirtEvent>) {
        let task = Task { [weak self] in
            for await event in stream { self?.events.withLock { $0.append(event) } }
        }
        reader.withLock { $0 = task }
    }

    var seen: [LibvirtEvent] { events.withLock { $0 } }

    deinit {
        reader.withLock { $0?.cancel() }
    }
}

extension LibvirtEvent {
    var isDisconnected: Bool {
        if case .disconnected = self { true } else { false }
    }

    var lifecycle: DomainLifecycle.Kind? {
        if case .domain(_, _, let change) = self { change.kind } else { nil }
    }
}
