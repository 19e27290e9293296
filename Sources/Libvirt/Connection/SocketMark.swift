/// Tells the sockets apart that libvirt opens for one connection: it hands each to the event loop on the thread that opens the connection.
final class SocketMark: Sendable {
    /// That of the connection which this thread opens.
    @TaskLocal static var current: SocketMark?
}
