import Etcd

/// What becomes of the keys under a prefix.
enum Followed: Sendable {
    /// All of them, as they are.
    case whole([EtcdKeyValue])
    case changed([EtcdEvent])
    /// etcd answers again.
    case back
    case away(String)
}

extension EtcdClient {
    /// Follows the keys under a prefix until the task is cancelled: all of them first, then every change, and all of them anew where changes were
    /// lost.
    func follow(prefix: String, _ take: @Sendable (Followed) async -> Void) async {
        while !Task.isCancelled {
            do {
                let range = try await range(prefix: prefix)
                await take(.whole(range.keyValues))
                changes: for try await signal in watch(prefix: prefix, fromRevision: range.revision + 1) {
                    switch signal {
                    case .events(let events, _): await take(.changed(events))
                    case .watching: await take(.back)
                    case .interrupted(let error): await take(.away("\(error)"))
                    case .compacted: break changes
                    }
                }
            } catch {
                guard !Task.isCancelled else { return }
                await take(.away("\(error)"))
                try? await Task.sleep(for: .milliseconds(500))
            }
        }
    }
}
