//! What a statement consists of: the one list of statements and operations that says what each reads, defines, touches and
//! encloses. Questions about statements of any kind (`visit`) are asked of these parts, and parts are replaced in place.

use super::Block;
use super::Call;
use super::CallArg;
use super::CallResult;
use super::Form;
use super::Init;
use super::Obj;
use super::Op;
use super::Place;
use super::Stmt;
use super::Value;

/// What happens to memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// Its content is read.
    Load,
    /// Its length is asked for, or its shape.
    Measure,
    /// Its content is overwritten.
    Store,
    /// Something is added to it.
    Update,
    /// A call has it behind `&mut`: reads it, and writes it.
    Lend,
    /// It comes to life.
    Birth,
}

impl Use {
    /// Whether what was there before may matter to the value that is read; what is added to is not read.
    pub fn loads(self) -> bool {
        matches!(self, Use::Load | Use::Measure | Use::Lend)
    }

    /// Whether it may be something else afterwards.
    pub fn writes(self) -> bool {
        matches!(self, Use::Store | Use::Update | Use::Lend | Use::Birth)
    }
}

macro_rules! parts {
    ($part:ident, $parts:ident, [$($mut:tt)?], $of_shared:literal) => {
        #[doc = $of_shared]
        #[derive(Debug)]
        pub enum $part<'s> {
            /// A value that is read, before the blocks.
            Read(&'s $($mut)? Value),
            /// A value that is read at the end of a block: handed on to the next iteration, merged, or asked whether to go on.
            End(&'s $($mut)? Value),
            /// A value that is defined for the statements that follow.
            Define(&'s $($mut)? Value),
            /// A value that is defined for the blocks.
            Open(&'s $($mut)? Value),
            /// A place, whose indices are read.
            Place(&'s $($mut)? Place, Use),
            /// A whole object that is not named by a place.
            Whole(&'s $($mut)? Obj, Use),
            /// Nested statements.
            Block(&'s $($mut)? Block),
        }

        impl Op {
            /// Shows what the operation reads.
            pub fn $parts<'s>(&'s $($mut)? self, f: &mut dyn FnMut($part<'s>)) {
                match self {
                    Op::Real(_) | Op::RealNamed(_) | Op::Int(_) | Op::IntNamed(_) | Op::Bool(_) => {}
                    Op::Prim(_, args) | Op::Union(args) => {
                        for arg in args {
                            f($part::Read(arg));
                        }
                    }
                    Op::Load(place) => f($part::Place(place, Use::Load)),
                    Op::Len(place) => f($part::Place(place, Use::Measure)),
                    Op::FromInt(a)
                    | Op::IntNeg(a)
                    | Op::IntUnary(_, a)
                    | Op::Cast(a, _)
                    | Op::ToInt(a, _)
                    | Op::Not(a)
                    | Op::Test(_, a) => f($part::Read(a)),
                    Op::Powi(a, b) | Op::IntOp(_, a, b) | Op::Cmp(_, a, b) | Op::And(a, b) | Op::Or(a, b) => {
                        f($part::Read(a));
                        f($part::Read(b));
                    }
                    Op::Select(c, a, b) => {
                        f($part::Read(c));
                        f($part::Read(a));
                        f($part::Read(b));
                    }
                }
            }
        }

        impl Init {
            /// Shows what memory starts with.
            pub fn $parts<'s>(&'s $($mut)? self, f: &mut dyn FnMut($part<'s>)) {
                match self {
                    Init::Zeros => {}
                    Init::Filled(v) => f($part::Read(v)),
                    Init::Elements(vs) => {
                        for v in vs {
                            f($part::Read(v));
                        }
                    }
                    Init::From(place) => f($part::Place(place, Use::Load)),
                    Init::ZerosLike(place) | Init::ZerosAlong(place) => f($part::Place(place, Use::Measure)),
                }
            }
        }

        impl Call {
            /// Shows the arguments, their twins, and the results, or in reverse form the cotangent.
            pub fn $parts<'s>(&'s $($mut)? self, f: &mut dyn FnMut($part<'s>)) {
                // a network leaves the cotangent as it is
                let seed = if self.is_network() { Use::Load } else { Use::Lend };
                let reverse = self.form == Form::Vjp;
                for arg in &$($mut)? self.args {
                    match arg {
                        CallArg::Value(v) => f($part::Read(v)),
                        CallArg::Place { place, .. } => f($part::Place(place, Use::Load)),
                    }
                }
                let twin = if reverse { Use::Lend } else { Use::Load };
                for arg in &$($mut)? self.twins {
                    match arg {
                        Some(CallArg::Value(v)) => f($part::Read(v)),
                        Some(CallArg::Place { place, .. }) => f($part::Place(place, twin)),
                        None => {}
                    }
                }
                if reverse {
                    match &$($mut)? self.result_twin {
                        Some(CallResult::Value(v)) => f($part::Read(v)),
                        Some(CallResult::Object(o)) => f($part::Whole(o, seed)),
                        None => {}
                    }
                    return;
                }
                for result in [&$($mut)? self.result].into_iter().chain(&$($mut)? self.result_twin) {
                    match result {
                        CallResult::Value(v) => f($part::Define(v)),
                        CallResult::Object(o) => f($part::Whole(o, Use::Birth)),
                    }
                }
            }
        }

        impl Stmt {
            /// Shows the parts of the statement itself, and its blocks: what is in these is not shown.
            pub fn $parts<'s>(&'s $($mut)? self, f: &mut dyn FnMut($part<'s>)) {
                match self {
                    Stmt::Let(v, op) => {
                        op.$parts(f);
                        f($part::Define(v));
                    }
                    Stmt::Local(o, init) => {
                        init.$parts(f);
                        f($part::Whole(o, Use::Birth));
                    }
                    Stmt::Store(place, v) => {
                        f($part::Place(place, Use::Store));
                        f($part::Read(v));
                    }
                    Stmt::Accumulate(place, v) => {
                        f($part::Place(place, Use::Update));
                        f($part::Read(v));
                    }
                    Stmt::Copy(to, from) => {
                        f($part::Place(to, Use::Store));
                        f($part::Place(from, Use::Load));
                    }
                    Stmt::AddAll(to, from) => {
                        f($part::Place(to, Use::Update));
                        f($part::Place(from, Use::Load));
                    }
                    Stmt::Clear(place) | Stmt::PopAll(place) => f($part::Place(place, Use::Store)),
                    Stmt::PushAll(place) => f($part::Place(place, Use::Load)),
                    Stmt::Push(v) | Stmt::Assert(v, _) => f($part::Read(v)),
                    Stmt::Pop(v) => f($part::Define(v)),
                    Stmt::For(l) => {
                        f($part::Read(&$($mut)? l.start));
                        f($part::Read(&$($mut)? l.end));
                        f($part::Open(&$($mut)? l.index));
                        for c in &$($mut)? l.carried {
                            f($part::Read(&$($mut)? c.init));
                            f($part::End(&$($mut)? c.next));
                            f($part::Open(&$($mut)? c.param));
                            f($part::Define(&$($mut)? c.result));
                        }
                        if let Some(again) = &$($mut)? l.again {
                            f($part::End(again));
                        }
                        f($part::Block(&$($mut)? l.body));
                    }
                    Stmt::If(l) => {
                        f($part::Read(&$($mut)? l.cond));
                        f($part::Block(&$($mut)? l.then));
                        f($part::Block(&$($mut)? l.otherwise));
                        for m in &$($mut)? l.merges {
                            f($part::End(&$($mut)? m.then));
                            f($part::End(&$($mut)? m.otherwise));
                            f($part::Define(&$($mut)? m.result));
                        }
                    }
                    Stmt::Call(call) => call.$parts(f),
                }
            }
        }
    };
}

parts!(Part, parts, [], "A part of a statement.");
parts!(PartMut, parts_mut, [mut], "A part of a statement, to be replaced.");
