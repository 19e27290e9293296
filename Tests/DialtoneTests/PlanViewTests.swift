import ClusterModel
import Testing

@testable import dialtone

@Suite("A plan, shown")
struct PlanViewTests {
    private let empty = Plan(
        cluster: "a", createdAt: Samples.now, steps: [], holds: [], unknowns: [], assumptions: [])

    @Test("A line for everything, in the order in which it will run")
    func text() throws {
        try Golden.expect(PlanText(plan: Samples.plan).text, is: "plan.txt")
    }

    @Test("In colour the symbols are coloured, and nothing else is different")
    func colour() {
        let colored = PlanText(plan: Samples.plan, style: Style(isColored: true)).text
        #expect(colored.contains("\u{1b}[32m+\u{1b}[0m node a-node-2"))
        #expect(colored.replacing(#/\u{1b}\[\d+m/#, with: "") == PlanText(plan: Samples.plan).text)
    }

    @Test("An empty plan says so, and ends with the same last line")
    func nothing() throws {
        try Golden.expect(PlanText(plan: empty).text, is: "plan-empty.txt")
    }

    @Test("The JSON document, field by field")
    func document() throws {
        try Golden.expect(JSONText.of(PlanDocument(Samples.plan)), is: "plan.json")
    }

    @Test("Neither values of the environment nor user data are shown in any form")
    func secrets() {
        #expect(!PlanText(plan: Samples.plan).text.contains("hunter2"))
        #expect(!JSONText.of(PlanDocument(Samples.plan)).contains("hunter2"))
    }

    @Test("A replacement counts once in what is created and once in what is destroyed")
    func counts() {
        let replacement = Action(.replaceInstance(Samples.instance(1)), reason: "")
        var plan = empty
        plan.steps = [.init(atMost: 0, actions: [replacement], waits: [])]
        #expect(PlanText(plan: plan).summary == "Plan: 1 to create, 0 to change, 1 to destroy, 0 held.")
    }

    @Test("A member's address is known when its instance registered before the plan, not when it registers within it")
    func address() {
        let lines = PlanText(plan: Samples.plan).text.split(separator: "\n")
        #expect(lines.contains("    a-asterisk-1: draining -> in at 10.0.0.11:5060"))
        #expect(lines.contains("    a-asterisk-2: none -> in at (known when registered)"))
    }

    @Test("An equal world seen later gives an equal plan but for its time and ages")
    func later() {
        var later = Samples.plan
        later.createdAt = later.createdAt.advanced(bySeconds: 60)
        let ages = #/begun \d+ s ago|last known \d+ s ago/#
        let texts = [Samples.plan, later].map { PlanText(plan: $0).text }
        #expect(texts[0] != texts[1])
        // The wait that began with the first plan has an age in the second one.
        let bare = texts.map { $0.replacing(ages, with: "").replacing(", \n", with: "\n") }
        #expect(bare[0] == bare[1])
    }

    @Test("What `plan` exits with", arguments: [false, true])
    func status(detailed: Bool) {
        var held = empty
        held.holds = Samples.plan.holds
        #expect(PlanCommand.status(empty, detailed: detailed) == .done)
        #expect(PlanCommand.status(held, detailed: detailed) == (detailed ? .pending : .done))
        #expect(PlanCommand.status(Samples.plan, detailed: detailed) == .unreachable)
    }
}
