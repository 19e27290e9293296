import CCurl

// What libcurl calls, on its own thread.
extension Transfer {
    /// One line of the head, of a trailer, or the empty line that ends either.
    func receiveHeaderLine(_ line: UnsafeRawBufferPointer) {
        if hasHead { return }
        if line.starts(with: "HTTP/".utf8) {
            // The status line; there was an interim answer (1xx) when it is not the first.
            headers = HTTPHeaders()
        } else if let colon = line.firstIndex(of: UInt8(ascii: ":")) {
            headers.append(name: trimmed(line[..<colon]), value: trimmed(line[(colon + 1)...]))
        } else if status >= 200 {
            hasHead = true
            if case .head(let continuation, let buffer) = sink {
                sink = .body(buffer)
                headDeadline = nil
                continuation.resume(returning: .success(ResponseHead(status: status, headers: headers)))
            }
        }
    }

    /// Without blanks and the line end around it.
    private func trimmed(_ bytes: Slice<UnsafeRawBufferPointer>) -> String {
        let isText = { (byte: UInt8) in byte > 0x20 }
        guard let first = bytes.firstIndex(where: isText), let last = bytes.lastIndex(where: isText) else { return "" }
        return String(decoding: bytes[first...last], as: UTF8.self)
    }

    /// How many of the bytes were taken, or libcurl's word for "pause".
    func receiveBody(_ bytes: UnsafeRawBufferPointer) -> Int {
        switch sink {
        case .whole:
            guard body.count + bytes.count <= options.responseLimit else {
                ownFailure = (.tooLarge, "the answer is larger than \(options.responseLimit) bytes")
                return 0
            }
            body.append(contentsOf: bytes)
            return bytes.count
        case .body(let buffer), .head(_, let buffer):
            return buffer.append(bytes) ? bytes.count : Int(CURL_WRITEFUNC_PAUSE)
        case .done:
            return bytes.count
        }
    }

    /// Called before each attempt to send. libcurl tries again by itself when a kept connection breaks before any byte of an answer.
    func mayBegin() -> Bool {
        guard mayBeSent else {
            ownFailure = (.cancelled, "not sent: its time was over")
            return false
        }
        attempts += 1
        if attempts == 1 || request.mayBeRepeated { return true }
        ownFailure = (.connectionLost, "the kept connection broke before an answer; not sent a second time")
        return false
    }

    /// Hands libcurl the three functions above.
    func setCallbacks(_ handle: UnsafeMutableRawPointer) {
        // Unretained: the loop holds the transfer for as long as the handle can call.
        let me = Unmanaged.passUnretained(self).toOpaque()
        dialtone_curl_set_pointer(handle, CURLOPT_HEADERDATA, me)
        dialtone_curl_set_data_callback(handle, CURLOPT_HEADERFUNCTION) { bytes, size, count, me in
            guard let me else { return 0 }
            let transfer = Unmanaged<Transfer>.fromOpaque(me).takeUnretainedValue()
            transfer.receiveHeaderLine(UnsafeRawBufferPointer(start: bytes, count: size * count))
            return size * count
        }
        dialtone_curl_set_pointer(handle, CURLOPT_WRITEDATA, me)
        dialtone_curl_set_data_callback(handle, CURLOPT_WRITEFUNCTION) { bytes, size, count, me in
            guard let me else { return 0 }
            let transfer = Unmanaged<Transfer>.fromOpaque(me).takeUnretainedValue()
            return transfer.receiveBody(UnsafeRawBufferPointer(start: bytes, count: size * count))
        }
        dialtone_curl_set_pointer(handle, CURLOPT_PREREQDATA, me)
        dialtone_curl_set_prerequest_callback(handle) { me, _, _, _, _ in
            guard let me else { return CURL_PREREQFUNC_ABORT }
            let transfer = Unmanaged<Transfer>.fromOpaque(me).takeUnretainedValue()
            return transfer.mayBegin() ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
        }
    }
}
