//! Rooted trees, generated order by order.

use std::sync::OnceLock;

/// A rooted tree: how many nodes, its density `γ`, and the subtrees at its root as indices into the list of all trees.
pub struct Tree {
    pub order: usize,
    pub density: f64,
    pub children: Vec<usize>,
}

/// The largest trees there are.
const MOST: usize = 10;

/// All rooted trees of at most `order` nodes, smaller ones first, which all tests have of one list.
pub fn up_to(order: usize) -> &'static [Tree] {
    static ALL: OnceLock<Vec<Tree>> = OnceLock::new();
    assert!(order <= MOST);
    let all = ALL.get_or_init(generated);
    &all[..all.partition_point(|tree| tree.order <= order)]
}

/// Each is one node above a multiset of earlier ones.
fn generated() -> Vec<Tree> {
    let mut trees: Vec<Tree> = Vec::new();
    for n in 1..=MOST {
        let mut forests = Vec::new();
        grow(&trees, n - 1, trees.len(), &mut Vec::new(), &mut forests);
        for children in forests {
            let density = n as f64 * children.iter().map(|&c| trees[c].density).product::<f64>();
            trees.push(Tree { order: n, density, children });
        }
    }
    trees
}

/// The multisets of trees with indices below `bound` that have `nodes` nodes together, largest index first.
fn grow(trees: &[Tree], nodes: usize, bound: usize, taken: &mut Vec<usize>, out: &mut Vec<Vec<usize>>) {
    if nodes == 0 {
        out.push(taken.clone());
        return;
    }
    for i in (0..bound).filter(|&i| trees[i].order <= nodes) {
        taken.push(i);
        grow(trees, nodes - trees[i].order, i + 1, taken, out);
        taken.pop();
    }
}

/// The numbers of rooted trees with 1 to 10 nodes: Hairer, Nørsett, Wanner I, table II.2.1.
#[test]
fn as_many_trees_as_published() {
    let trees = up_to(10);
    let counts: Vec<usize> = (1..=10).map(|n| trees.iter().filter(|t| t.order == n).count()).collect();
    assert_eq!(counts, [1, 1, 2, 4, 9, 20, 48, 115, 286, 719]);
    // The tall tree has density n!, the bush n.
    assert!(trees.iter().any(|t| t.order == 6 && t.density == 720.0));
    assert!(trees.iter().any(|t| t.order == 6 && t.density == 6.0));
}
