import CCurl

// Options of the easy handle, by subject. curl_easy_setopt fails here only without memory, and the transfer then fails by itself.
extension Transfer {
    func setTimeouts(_ handle: UnsafeMutableRawPointer) {
        dialtone_curl_set_long(handle, CURLOPT_CONNECTTIMEOUT_MS, milliseconds(options.connectTimeout))
        // Finds a peer whose host has gone without a word, on streams that are silent for hours.
        dialtone_curl_set_long(handle, CURLOPT_TCP_KEEPALIVE, 1)
        dialtone_curl_set_long(handle, CURLOPT_TCP_KEEPIDLE, 20)
        dialtone_curl_set_long(handle, CURLOPT_TCP_KEEPINTVL, 10)
        guard let timeout = request.timeout else { return }
        if case .head = sink {
            headDeadline = .now + .milliseconds(milliseconds(timeout))
        } else {
            dialtone_curl_set_long(handle, CURLOPT_TIMEOUT_MS, milliseconds(timeout))
        }
    }

    /// At least 1, since 0 means "no limit" to libcurl.
    private func milliseconds(_ seconds: Double) -> Int { max(1, Int(min(seconds, 1_000_000) * 1000)) }

    func setTLS(_ handle: UnsafeMutableRawPointer) {
        let tls = options.tls
        if let ca = tls.ca { dialtone_curl_set_string(handle, CURLOPT_CAINFO, ca) }
        if let certificate = tls.certificate { dialtone_curl_set_string(handle, CURLOPT_SSLCERT, certificate) }
        if let key = tls.key { dialtone_curl_set_string(handle, CURLOPT_SSLKEY, key) }
    }

    func setMethodAndBody(_ handle: UnsafeMutableRawPointer) {
        if request.method == "HEAD" {
            dialtone_curl_set_long(handle, CURLOPT_NOBODY, 1)
            return
        }
        if let bodyToSend {
            dialtone_curl_set_long(handle, CURLOPT_POST, 1)
            dialtone_curl_set_pointer(handle, CURLOPT_POSTFIELDS, bodyToSend.baseAddress)
            dialtone_curl_set_offset(handle, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(bodyToSend.count))
        }
        dialtone_curl_set_string(handle, CURLOPT_CUSTOMREQUEST, request.method)
    }

    func setHeaders(_ handle: UnsafeMutableRawPointer) {
        for field in request.headers.fields {
            // libcurl's spelling: "Name;" sends an empty value, "Name:" would remove the field.
            append(field: field.value.isEmpty ? "\(field.name);" : "\(field.name): \(field.value)")
        }
        // Without a wish, libcurl would call every body a form, and wait for "100 Continue" with larger ones.
        if request.headers["content-type"] == nil { append(field: "Content-Type:") }
        append(field: "Expect:")
        dialtone_curl_set_list(handle, CURLOPT_HTTPHEADER, fields)
    }

    private func append(field: String) {
        if let longer = curl_slist_append(fields, field) { fields = longer }
    }
}
