import CCurl

/// The status and the fields of an answer.
struct ResponseHead: Sendable {
    var status: Int
    var headers: HTTPHeaders
}

/// One exchange: a libcurl easy handle and who waits for it.
///
/// `@unchecked Sendable` because it is filled by the caller, then handed to curl's thread once, through the loop's lock, and touched there alone.
final class Transfer: @unchecked Sendable {
    /// Who is told what; each continuation is resumed by leaving its case.
    enum Sink {
        case whole(CheckedContinuation<Result<HTTPResponse, HTTPError>, Never>)
        case head(CheckedContinuation<Result<ResponseHead, HTTPError>, Never>, ChunkBuffer)
        case body(ChunkBuffer)
        case done
    }

    let id: UInt64
    let request: HTTPRequest
    let options: HTTPClient.Options
    var sink: Sink
    /// nil before `prepare` and after `release`.
    private(set) var handle: UnsafeMutableRawPointer?
    /// When a stream's head must be there; libcurl's own timeout would count the body too.
    var headDeadline: ContinuousClock.Instant?

    var headers = HTTPHeaders()
    var body: [UInt8] = []
    /// After the head; fields that come later are trailers and are dropped.
    var hasHead = false
    /// How often libcurl was about to send the request.
    var attempts = 0
    /// Whether whoever asked still may (``SendPermission``).
    var mayBeSent: Bool { isPermitted?() ?? true }
    /// Why a callback of ours stopped the transfer, when one did.
    var ownFailure: (kind: HTTPError.Kind, message: String)?
    var fields: UnsafeMutablePointer<curl_slist>?
    /// libcurl does not copy what it sends.
    let bodyToSend: UnsafeMutableBufferPointer<UInt8>?
    /// Asked before each attempt; of the task that made the request.
    private let isPermitted = SendPermission.current?.isGiven
    private let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))

    init(id: UInt64, request: HTTPRequest, options: HTTPClient.Options, sink: Sink) {
        self.id = id
        self.request = request
        self.options = options
        self.sink = sink
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        bodyToSend = request.body.map {
            let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: $0.count)
            _ = buffer.initialize(from: $0)
            return buffer
        }
    }

    deinit {
        release()
        bodyToSend?.deallocate()
        errorText.deallocate()
    }

    /// Makes the easy handle with all its options; nil when there is no memory for one.
    func prepare() -> UnsafeMutableRawPointer? {
        guard let handle = curl_easy_init() else { return nil }
        self.handle = handle
        dialtone_curl_set_long(handle, CURLOPT_NOSIGNAL, 1)
        dialtone_curl_set_pointer(handle, CURLOPT_ERRORBUFFER, errorText)
        dialtone_curl_allow_http_only(handle)
        // An empty name is "no proxy, whatever the environment says".
        dialtone_curl_set_string(handle, CURLOPT_PROXY, "")
        // libcurl 7.88 breaks a kept HTTP/2 connection to etcd 3.4 on its second request (a framing error).
        dialtone_curl_set_long(handle, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        dialtone_curl_set_string(handle, CURLOPT_URL, request.url)
        // Paths go out as they are, dot segments too.
        dialtone_curl_set_long(handle, CURLOPT_PATH_AS_IS, 1)
        if let path = request.unixSocket { dialtone_curl_set_string(handle, CURLOPT_UNIX_SOCKET_PATH, path) }
        setTimeouts(handle)
        setTLS(handle)
        setMethodAndBody(handle)
        setHeaders(handle)
        setCallbacks(handle)
        return handle
    }

    /// Frees the easy handle; it must be out of the multi handle by then.
    func release() {
        if let handle { curl_easy_cleanup(handle) }
        handle = nil
        curl_slist_free_all(fields)
        fields = nil
    }

    /// Tells who waits, once; later calls do nothing.
    func finish(_ error: HTTPError?) {
        switch sink {
        case .whole(let continuation):
            let response = HTTPResponse(status: status, headers: headers, body: body)
            continuation.resume(returning: error.map { .failure($0) } ?? .success(response))
        case .head(let continuation, let buffer):
            let error = error ?? failure(.connectionLost, "the answer has no head")
            continuation.resume(returning: .failure(error))
            buffer.end(.failure(error))
        case .body(let buffer):
            buffer.end(error.map { .failure($0) } ?? .success(()))
        case .done:
            break
        }
        sink = .done
    }

    func failure(_ kind: HTTPError.Kind, _ message: String) -> HTTPError {
        HTTPError(kind, message, request: request, wasSent: wasSent)
    }

    /// The error for libcurl's verdict, nil for success.
    func error(for code: CURLcode) -> HTTPError? {
        if code == CURLE_OK { return nil }
        if let ownFailure { return failure(ownFailure.kind, ownFailure.message) }
        return HTTPError(curl: code, detail: String(cString: errorText), request: request, wasSent: wasSent)
    }

    /// Whether bytes of the request went out, in this attempt or an earlier one.
    private var wasSent: Bool { attempts > 1 || info(CURLINFO_REQUEST_SIZE) > 0 }

    var status: Int { info(CURLINFO_RESPONSE_CODE) }

    private func info(_ name: CURLINFO) -> Int {
        var value = 0
        if let handle { dialtone_curl_get_long(handle, name, &value) }
        return value
    }
}
