import HTTPTransport

/// A client of etcd's v3 API over its JSON gateway (`/v3/...`, etcd 3.4 and later).
///
/// Endpoints are tried in turn, beginning with the one that worked last: reads until one answers, writes only as long as nothing can have taken effect. A
/// call ends within `timeout`, whatever the number of endpoints. Copies share connections; they are closed when the last copy goes.
public struct EtcdClient: Sendable {
    let gateway: Gateway

    /// - Parameters:
    ///   - endpoints: URLs, `http://host:port` or `https://host:port`.
    ///   - tls: PEM files. With authentication on, a client certificate must carry no common name (etcd refuses every gateway call then).
    ///   - timeout: seconds for one call, all endpoints together; for a range of several pages, for each page.
    public init(endpoints: [String], tls: HTTPClient.TLSFiles = .init(), timeout: Double = 3) {
        gateway = Gateway(endpoints: endpoints, tls: tls, timeout: timeout)
    }

    /// The endpoints as given, without a slash at the end.
    public var endpoints: [String] { gateway.endpoints }

    /// Ends what is under way and closes all connections. Later calls fail.
    public func close() async { await gateway.http.close() }
}
