import ClusterModel

/// Draws up nodes from the manifest and what their hypervisors have.
struct NodeBlueprint {
    private let sites: [String: NodeSite]

    enum Outcome {
        case ready(NodeSketch)
        case held(Hold.Cause, because: String, location: String?)
    }

    init(_ survey: Survey) {
        var sites: [String: NodeSite] = [:]
        for place in survey.desired.spec.hypervisors where sites[place.name] == nil {
            guard let state = survey.observed.hypervisors[place.name]?.value, let index = survey.indexes[place.name]
            else { continue }
            sites[place.name] = NodeSite(place, state, index, survey)
        }
        self.sites = sites
    }

    /// The node of a seat; `before`: the node that stands there now.
    func sketch(of seat: NodeAssignment.Seat, before: Survey.Node?) -> Outcome {
        guard let site = sites[seat.hypervisor] else {
            return .held(
                .unknown, because: "hypervisor \(seat.hypervisor) is not in the manifest or cannot be read",
                location: nil)
        }
        switch site.sketch(seat, before: before) {
        case .success(let sketch): return .ready(sketch)
        case .failure(let problem):
            return .held(.environment, because: problem.because, location: problem.location)
        }
    }
}
