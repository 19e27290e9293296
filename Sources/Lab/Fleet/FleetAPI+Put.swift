import FoundationEssentials

extension FleetState {
    /// `PUT /units/<name>` (`api/units.go`: set).
    mutating func put(_ name: String, _ request: FleetRequest, _ now: Date) -> FleetAnswer {
        guard request.contentType?.prefix(while: { $0 != ";" }) == "application/json" else {
            return .error(415, "only acceptable Content-Type is application/json")
        }
        let asked: PutBody
        switch FleetState.decode(PutBody.self, request.body) {
        case .success(let body): asked = body
        case .failure(let problem): return .error(400, "unable to decode body: \(problem.message)")
        }
        if let other = asked.name, !other.isEmpty, other != name {
            return .error(400, "name in URL \"\(name)\" differs from unit name in request body \"\(other)\"")
        }
        if let fault = FleetUnitRules.fault(name: name) { return .error(400, fault) }
        return put(name, asked.options ?? [], asked.desiredState ?? "", now)
    }

    private mutating func put(
        _ name: String, _ options: [FleetOption], _ desired: String, _ now: Date
    ) -> FleetAnswer {
        let existing = units[name]
        var unit = FleetUnit(name: name, options: options, target: .inactive)
        if options.isEmpty {
            guard let existing else { return .error(409, "unit does not exist and options field empty") }
            unit = existing
        } else if let fault = FleetUnitRules.fault(requirementsOf: unit) {
            return .error(400, fault)
        }
        if existing != nil, desired.isEmpty {
            return .error(409, "must provide DesiredState to update existing unit")
        }
        // fleet's registry refuses the word, not its API: no 400.
        guard let target = FleetTarget(rawValue: desired) else { return .error(500) }
        if unit.isTemplate, target != .inactive { return .error(400, "cannot activate template \"\(name)\"") }
        if let existing, existing.hash == unit.hash {
            setTarget(name, target, now: now)
            return .empty(204)
        }
        store(name, options: options, target: target, now: now)
        return .empty(201)
    }

    /// `PATCH /machines`: JSON patch operations on metadata, whose value this release takes as an object.
    mutating func patchMachines(_ body: Data, _ now: Date) -> FleetAnswer {
        let operations: [PatchOperation]
        switch FleetState.decode([PatchOperation].self, body) {
        case .success(let decoded): operations = decoded
        case .failure(.wrongType(_, in: "value")):
            return .error(
                400,
                "json: cannot unmarshal string into Go struct field machineMetadataOp.Value of type struct { Value string \"json:\\\"value\\\"\" }"
            )
        case .failure(let problem): return .error(400, problem.message)
        }
        for operation in operations {
            guard ["add", "remove", "replace"].contains(operation.op) else {
                return .error(400, "invalid op: expect add, remove, or replace")
            }
            let path = operation.path.split(separator: "/")
            guard path.count == 3, path[1] == "metadata" else {
                return .error(400, "invalid path: expect /machineID/metadata/key")
            }
            let value = operation.op == "remove" ? nil : operation.value?.value ?? ""
            patch(machine: String(path[0]), key: String(path[2]), value: value, now: now)
        }
        return .empty(204)
    }

    private enum DecodeProblem: Error {
        case ended, endedEarly
        case wrongType(String, in: String)

        /// Go's words where there are recorded ones.
        var message: String {
            switch self {
            case .ended: "EOF"
            case .endedEarly: "unexpected EOF"
            case .wrongType(let what, let field): "json: cannot unmarshal \(field): \(what)"
            }
        }
    }

    private static func decode<T: Decodable>(_ type: T.Type, _ body: Data) -> Result<T, DecodeProblem> {
        guard body.contains(where: { ![9, 10, 13, 32].contains($0) }) else { return .failure(.ended) }
        do {
            return .success(try JSONDecoder().decode(type, from: body))
        } catch DecodingError.typeMismatch(_, let context) {
            let field = context.codingPath.last { $0.intValue == nil }?.stringValue ?? ""
            return .failure(.wrongType(context.debugDescription, in: field))
        } catch {
            return .failure(.endedEarly)
        }
    }
}

private struct PutBody: Decodable {
    var name: String?
    var desiredState: String?
    var options: [FleetOption]?
}

private struct PatchOperation: Decodable {
    struct Value: Decodable {
        var value: String
    }

    var op: String
    var path: String
    var value: Value?
}
