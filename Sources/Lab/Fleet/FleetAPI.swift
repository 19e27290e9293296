import FoundationEssentials

/// A request to fleet's API.
struct FleetRequest: Sendable {
    var method: String
    /// Path and query as on the request line.
    var target: String
    var contentType: String?
    var body: Data

    init(method: String, target: String, contentType: String? = nil, body: Data = Data()) {
        self.method = method
        self.target = target
        self.contentType = contentType
        self.body = body
    }
}

/// An answer of fleet's API; `json` is the body, `nil` for none.
struct FleetAnswer: Sendable {
    var status: Int
    var json: Data?

    static func empty(_ status: Int) -> FleetAnswer { FleetAnswer(status: status, json: nil) }

    static func document(_ value: some Encodable, status: Int = 200) -> FleetAnswer {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // The types encoded here hold strings, numbers and lists only: that cannot fail, and an empty body would show it.
        return FleetAnswer(status: status, json: try? encoder.encode(value))
    }

    static func error(_ code: Int, _ message: String = "") -> FleetAnswer {
        struct Failure: Encodable {
            struct Content: Encodable {
                var code: Int
                var message: String
            }
            var error: Content
        }
        return document(Failure(error: .init(code: code, message: message)), status: code)
    }
}

extension FleetState {
    /// The answer of `/fleet/v1` to a request at `now`.
    mutating func answer(_ request: FleetRequest, now: Date) -> FleetAnswer {
        advance(to: now)
        guard !faults.fleetIsAway else { return .error(500) }
        let target = RequestTarget(request.target)
        let onlyGet = FleetAnswer.error(405, "only GET supported against this resource")
        guard target.segments.count >= 3, target.segments[0] == "fleet", target.segments[1] == "v1" else {
            return .error(404)
        }
        let item = target.segments.count == 4 ? target.segments[3] : nil
        switch (target.segments[2], item) {
        case _ where target.segments.count > 4: return .error(404)
        case ("machines", nil):
            switch request.method {
            case "GET": return machinePage(target, now)
            case "PATCH": return patchMachines(request.body, now)
            default: return .error(405, "only GET and PATCH supported against this resource")
            }
        case ("units", nil): return request.method == "GET" ? unitPage(target, now) : onlyGet
        case ("units", let name?):
            switch request.method {
            case "GET": return units[name].map { .document(shown($0, now)) } ?? .error(404, "unit does not exist")
            case "PUT": return put(name, request, now)
            case "DELETE": return delete(name, now)
            default: return .error(405, "only GET, PUT and DELETE supported against this resource")
            }
        case ("state", nil): return request.method == "GET" ? statePage(target, now) : onlyGet
        case ("state", let name?):
            guard request.method == "GET" else { return onlyGet }
            return states(now: now).first { $0.name == name }.map { .document($0) }
                ?? .error(404, "unit does not exist")
        default: return .error(404)
        }
    }

    private mutating func delete(_ name: String, _ now: Date) -> FleetAnswer {
        guard units[name] != nil else { return .error(404, "unit does not exist") }
        remove(name, now: now)
        return .empty(204)
    }

    private func machinePage(_ target: RequestTarget, _ now: Date) -> FleetAnswer {
        page(listedMachines(now: now), target) { MachinePage(machines: $0, nextPageToken: $1) }
    }

    private func unitPage(_ target: RequestTarget, _ now: Date) -> FleetAnswer {
        let all = units.values.sorted { $0.name < $1.name }.map { shown($0, now) }
        return page(all, target) { UnitPage(units: $0, nextPageToken: $1) }
    }

    private func statePage(_ target: RequestTarget, _ now: Date) -> FleetAnswer {
        let all = states(now: now).filter { state in
            (target.query["unitName"]?.first).map { $0 == state.name } ?? true
                && (target.query["machineID"]?.first).map { $0 == state.machineID } ?? true
        }
        return page(all, target) { StatePage(states: $0, nextPageToken: $1) }
    }

    private func page<Item, Page: Encodable>(
        _ all: [Item], _ target: RequestTarget, _ make: ([Item]?, String?) -> Page
    ) -> FleetAnswer {
        do {
            let token = try FleetPageToken(query: target.query["nextPageToken"] ?? [])
            let start = (token.page - 1) * FleetPageToken.limit
            guard start < all.count else { return .document(make(nil, nil)) }
            let end = min(start + FleetPageToken.limit, all.count)
            // A full last page names a next one, which is empty: fleet compares with `>` (`api/units.go`).
            let next = start + FleetPageToken.limit > all.count ? nil : FleetPageToken(page: token.page + 1).text
            return .document(make(Array(all[start..<end]), next))
        } catch {
            return .error(400, error.message)
        }
    }

    func shown(_ unit: FleetUnit, _ now: Date) -> ShownUnit {
        ShownUnit(
            currentState: currentState(unit, now: now), desiredState: unit.target, machineID: unit.machine,
            name: unit.name, options: unit.options)
    }
}

/// A unit in an answer.
struct ShownUnit: Codable, Hashable {
    var currentState: FleetTarget?
    var desiredState: FleetTarget
    var machineID: String?
    var name: String
    var options: [FleetOption]
}

private struct MachinePage: Encodable {
    var machines: [FleetMachine]?
    var nextPageToken: String?
}

private struct UnitPage: Encodable {
    var units: [ShownUnit]?
    var nextPageToken: String?
}

private struct StatePage: Encodable {
    var states: [FleetUnitState]?
    var nextPageToken: String?
}
