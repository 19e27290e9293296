import OrderedJSON

// Listings hold thousands of these. An empty field is left out by fleet.

extension FleetMachine: JSONReadable {
    public init(_ json: JSONCursor) throws {
        self.init(
            id: try json.text("id"), primaryIP: try json.optionalText("primaryIP") ?? "",
            metadata: try json.texts("metadata"))
    }
}

extension FleetUnit: JSONReadable {
    public init(_ json: JSONCursor) throws {
        self.init(
            name: try json.text("name"),
            options: try json.list("options") { option in
                UnitOption(
                    section: try option.text("section"), name: try option.text("name"), value: try option.text("value"))
            }, desiredState: try json.word("desiredState", as: State.self),
            currentState: try json.optionalWord("currentState", as: State.self),
            machineID: try json.optionalText("machineID"))
    }
}

extension UnitState: JSONReadable {
    public init(_ json: JSONCursor) throws {
        self.init(
            name: try json.text("name"), hash: try json.optionalText("hash") ?? "",
            machineID: try json.optionalText("machineID") ?? "",
            systemdLoadState: try json.optionalText("systemdLoadState") ?? "",
            systemdActiveState: try json.optionalText("systemdActiveState") ?? "",
            systemdSubState: try json.optionalText("systemdSubState") ?? "")
    }
}
