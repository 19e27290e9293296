import TestSupport
import Testing

/// One JSON document on standard output and nothing else there, with the fields of `docs/plan-json.md`.
@Suite struct DocumentTests {
    private static let head: Set<String> = ["apiVersion", "kind"]
    private static let actionFields: Set<String> = ["kind", "verb", "target", "reason", "destructive", "changes"]

    @Test("plan, apply, status, validate and destroy print one documented JSON document and nothing else")
    func documents() async throws {
        try await LabSession.run { lab in
            let file = try lab.write(ManifestText(nodes: 2, replicas: 1))
            func document(_ arguments: String..., kind: String) async throws -> JSON {
                let output = try await lab.dialtone(arguments + ["-f", file, "-o", "json"])
                #expect(output.status == 0, "\(output)")
                let document = try JSON(output.stdout)
                #expect(document["apiVersion"].string == "dialtone/v1")
                #expect(document["kind"].string == kind)
                return document
            }
            let validation = try await document("validate", kind: "Validation")
            #expect(validation.keys == Self.head.union(["valid", "problems"]))
            #expect(validation["valid"].bool == true)

            let plan = try await document("plan", kind: "Plan")
            let planFields: Set = [
                "cluster", "createdAt", "boundSeconds", "summary", "steps", "holds", "unknowns", "assumptions",
            ]
            #expect(plan.keys == Self.head.union(planFields))
            #expect(plan["summary"].keys == ["create", "change", "destroy", "held"])
            #expect(plan["summary"]["create"].int == 3)
            #expect(plan["steps"].array.allSatisfy { $0.keys == ["atMostSeconds", "actions", "waits"] })
            for action in plan.actions {
                #expect(action.keys.isSuperset(of: Self.actionFields), "\(action)")
                #expect(action["reason"].string?.isEmpty == false)
            }
            let waits = plan["steps"].array.flatMap { $0["waits"].array }
            #expect(waits.allSatisfy { $0.keys.isSuperset(of: ["kind", "target", "limitSeconds", "assumes"]) })
            let node = try #require(plan.actions.first)["node"]
            let nodeFields: Set = [
                "hypervisor", "uuid", "volumes", "address", "image", "memoryMiB", "vcpus", "diskGiB", "upload",
            ]
            #expect(node.keys == nodeFields)

            let outcome = try await document("apply", "--yes", kind: "Outcome")
            let outcomeFields: Set = [
                "cluster", "outcome", "exitStatus", "startedAt", "endedAt", "done", "failed", "unreachable", "left",
            ]
            #expect(outcome.keys == Self.head.union(outcomeFields))
            #expect(outcome["outcome"].string == "converged")
            #expect(outcome["exitStatus"].int == 0)
            #expect(
                Set(outcome["done"].array.compactMap { $0["target"].string }).isSuperset(of: [
                    "e2e-node-1", "e2e-asterisk-1",
                ]))

            let status = try await document("status", kind: "Status")
            let statusFields: Set = [
                "cluster", "at", "converged", "nodes", "instances", "kamailios", "shares", "drains", "ghosts", "now",
                "unknowns",
            ]
            #expect(status.keys == Self.head.union(statusFields))
            #expect(status["nodes"][0].keys == ["name", "hypervisor", "state", "joined", "address", "startedAt"])
            #expect(
                status["instances"][0].keys == ["name", "track", "node", "image", "address", "up", "calls", "share"])
            #expect(status["shares"].keys == ["revision", "draw", "instances", "warnings"])

            let destroyed = try await document("destroy", "--yes", kind: "Outcome")
            #expect(destroyed.keys == Self.head.union(outcomeFields))
            #expect(try await lab.status(ManifestText(nodes: 2, replicas: 1))["nodes"] == .array([]))
        }
    }

    @Test("With a wrong manifest each command prints the problems as one document, and exits 65")
    func problems() async throws {
        try await LabSession.run { lab in
            let file = try lab.files.write("apiVersion: dialtone/v1\nkind: Cluster\nmetdata: {}\n", to: "wrong.yaml")
            for command in [["validate"], ["plan"], ["apply", "--yes"], ["status"], ["destroy", "--yes"]] {
                let output = try await lab.dialtone(command + ["-f", file, "-o", "json"])
                #expect(output.status == 65, "\(output)")
                let document = try JSON(output.stdout)
                #expect(document["kind"].string == "Validation")
                #expect(document["valid"].bool == false)
                let problem = try #require(document["problems"].array.first { $0["line"].int == 3 })
                #expect(problem.keys == ["file", "line", "column", "message"])
                #expect(problem["message"].string?.contains("metadata") == true)
                #expect(output.stderr.contains("wrong.yaml:3:1: "), "\(output)")
            }
        }
    }
}
