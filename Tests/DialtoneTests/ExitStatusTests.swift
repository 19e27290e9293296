import ClusterModel
import Testing

@testable import Reconciler
@testable import dialtone

@Suite("Exit status")
struct ExitStatusTests {
    private static let step = Step(waits: [Wait(.join(node: "a"), since: nil, limit: 1, assumes: "")])
    private static let hold = Hold("a", .drift, action: "", because: "")

    @Test("The numbers are those that the design names")
    func numbers() {
        let numbers: [dialtone.ExitStatus: Int32] = [
            .done: 0, .failed: 1, .pending: 2, .usage: 64, .manifest: 65, .unreachable: 69, .otherLeader: 73,
            .notInTime: 75, .held: 77,
        ]
        #expect(numbers.count == dialtone.ExitStatus.allCases.count)
        for (status, number) in numbers { #expect(status.rawValue == number) }
    }

    @Test("Of several, 69 is said before 1, 1 before 75, 75 before 77, and 77 before 0")
    func precedence() {
        let order: [dialtone.ExitStatus] = [.unreachable, .failed, .notInTime, .held, .done]
        for first in order.indices {
            #expect(dialtone.ExitStatus.first(of: order[first...].reversed()) == order[first])
        }
        #expect(dialtone.ExitStatus.first(of: []) == .done)
    }

    @Test("Each way to end has its status")
    func outcomes() {
        let table: [(Outcome, dialtone.ExitStatus)] = [
            (.converged, .done), (.held([Self.hold]), .held), (.unreachable(["etcd"]), .unreachable),
            (.failed([failure(.refused)]), .failed), (.failed([failure(.unreachable)]), .unreachable),
            (.failed([failure(.refused), failure(.unreachable)]), .unreachable),
            (.timedOut(left: Self.step), .notInTime), (.notLeader(nil), .otherLeader), (.stopped(left: Step()), .done),
            (.stopped(left: Self.step), .notInTime), (.stopped(left: Step(holds: [Self.hold])), .notInTime),
        ]
        for (outcome, status) in table { #expect(dialtone.ExitStatus(outcome) == status, "\(outcome)") }
    }

    private func failure(_ kind: PortError.Kind) -> Failure {
        Failure(target: "a", attempts: 3, error: PortError(kind, ""))
    }
}
