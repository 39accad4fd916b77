//! Built, counted, reset, saved, loaded, moved to another number type; and what happens when a solve fails.

use std::sync::Arc;

use dfdx::prelude::*;
use diffeq_runtime::control::Fixed;
use diffeq_runtime::dfdx::Training;
use diffeq_runtime::dfdx::destructure;
use diffeq_runtime::error::Error;
use diffeq_runtime::integrate::Grid;
use diffeq_runtime::layers::NeuralOde;
use diffeq_runtime::layers::Taped;

use crate::Built;
use crate::Net;
use crate::distance;

type Model = (Linear<3, 2>, NeuralOde<Taped<Net>>, Linear<2, 1>);
type BuiltModel<E> =
    (modules::Linear<3, 2, E, Cpu>, NeuralOde<Taped<Built<E>>>, modules::Linear<2, 1, E, Cpu>);

fn model() -> BuiltModel<f64> {
    let mut model = Cpu::seed_from_u64(8).build_module::<Model, f64>();
    let config = &mut model.1.config;
    (config.t0, config.t1, config.rtol, config.atol) = (0.5, 1.75, 1e-5, 1e-7);
    config.options.controller = Arc::new(Fixed);
    config.options.dt = Some(0.25);
    model
}

fn scalars<F>(layer: &NeuralOde<F>) -> [f64; 4] {
    let config = &layer.config;
    [config.t0, config.t1, config.rtol, config.atol]
}

#[test]
fn parameters_are_counted_and_reset() {
    let mut model = model();
    assert_eq!(model.num_trainable_params(), 8 + (15 + 12) + 3);
    let (before, configured) = (destructure(&model).unwrap(), scalars(&model.1));
    model.reset_params();
    assert_ne!(destructure(&model).unwrap(), before);
    assert_eq!(scalars(&model.1), configured, "a reset is one of parameters");
}

#[test]
fn a_new_layer_has_the_defaults() {
    let model = Cpu::default().build_module::<Model, f64>();
    assert_eq!(scalars(&model.1), [0.0, 1.0, 1e-3, 1e-6]);
}

#[test]
fn npz_and_safetensors_keep_parameters_and_scalars() {
    let model = model();
    let x: Tensor<Rank2<4, 3>, f64, _> = Cpu::seed_from_u64(9).sample_normal();
    let folder = std::env::temp_dir();
    let path = |kind: &str| folder.join(format!("diffeq_layers_{}.{kind}", std::process::id()));
    model.save(path("npz")).unwrap();
    model.save_safetensors(path("safetensors")).unwrap();
    for kind in ["npz", "safetensors"] {
        let mut loaded = Cpu::seed_from_u64(10).build_module::<Model, f64>();
        match kind {
            "npz" => loaded.load(path(kind)).unwrap(),
            _ => loaded.load_safetensors(path(kind)).unwrap(),
        }
        std::fs::remove_file(path(kind)).unwrap();
        assert_eq!(destructure(&loaded).unwrap(), destructure(&model).unwrap(), "{kind}");
        assert_eq!(scalars(&loaded.1), scalars(&model.1), "{kind}");
        loaded.1.config.options = model.1.config.options.clone();
        assert_eq!(loaded.forward(x.clone()).array(), model.forward(x.clone()).array(), "{kind}");
    }
}

#[test]
fn another_number_type_and_another_device_keep_the_configuration() {
    let model = model();
    let single: BuiltModel<f32> = model.to_dtype::<f32>();
    let moved: BuiltModel<f64> = model.to_device(&Cpu::default());
    assert_eq!((scalars(&single.1), scalars(&moved.1)), (scalars(&model.1), scalars(&model.1)));
    assert_eq!(single.1.config.options.dt, Some(0.25));
    let x: Tensor<Rank1<3>, f64, _> = Cpu::default().tensor([0.5, -1.0, 2.0]);
    let (double, single) = (model.forward(x.clone()), single.forward(x.to_dtype::<f32>()));
    // Some ten roundings of `f32`.
    assert!(distance(&single.to_dtype::<f64>().array(), &double.array()) < 1e-5);
    // The copy of a copy, at the defaults' own values.
    let mut plain = moved;
    plain.1.config.t1 = 1.0;
    assert_eq!(plain.to_dtype::<f32>().1.config.t1, 1.0);
}

#[test]
fn series_put_time_first() {
    let mut layer = Cpu::seed_from_u64(11).build_module::<NeuralOde<Taped<Net>>, f64>();
    layer.config.options.save_at = Some(Grid::count(5));
    let x: Tensor<Rank2<3, 2>, f64, _> = Cpu::seed_from_u64(12).sample_normal();
    let series = layer.series(x.clone()).unwrap();
    assert_eq!(series.shape(), &(5, Const, Const));
    let rows = series.as_vec();
    assert_eq!(rows[..6], x.as_vec());
    assert_eq!(rows[24..], layer.forward(x.clone()).as_vec());
    assert_eq!(layer.solve(&x).unwrap().values(), rows);
    layer.config.options.save_idxs = Some(vec![0]);
    assert!(matches!(layer.series(x), Err(Error::Option { option: "save_idxs", .. })));
}

#[test]
fn a_row_of_a_batch_is_the_row_alone_up_to_the_tolerance() {
    let mut layer = Cpu::seed_from_u64(13).build_module::<NeuralOde<Taped<Net>>, f64>();
    (layer.config.rtol, layer.config.atol) = (1e-8, 1e-8);
    let x: Tensor<Rank2<4, 2>, f64, _> = Cpu::seed_from_u64(14).sample_normal();
    let together = layer.forward(x.clone()).array();
    for (x, row) in x.array().into_iter().zip(together) {
        let alone = layer.forward(Cpu::default().tensor(x)).array();
        // Two solves, each with global errors of some tolerances.
        assert!(distance(&row, &alone) < 1e-6);
    }
}

/// A field that grows without bound: `u' = u^2`.
type Explosion = NeuralOde<Taped<Square>>;

#[test]
fn a_failed_solve_tells_why() {
    let model = Cpu::default().build_module::<(ReLU, Explosion), f64>();
    let x: Tensor<Rank1<2>, f64, _> = Cpu::default().tensor([3.0, 1.0]);
    let why = model.1.solve(&x).unwrap_err();
    assert!(!matches!(why, Error::Layer { .. }), "{why}");
    let failed = model.try_forward(x.clone()).unwrap_err();
    assert!(matches!(failed, CpuError::WrongNumElements));
    assert_eq!(Error::from(failed), why);
    let forward = || -> Result<_, Error> { Ok(model.try_forward(x.clone())?) };
    assert_eq!(forward().unwrap_err(), why);
    let forward = std::panic::AssertUnwindSafe(|| model.1.forward(x.clone()));
    let panic = std::panic::catch_unwind(forward).unwrap_err();
    assert_eq!(panic.downcast_ref::<String>(), Some(&why.to_string()));
}

#[test]
fn a_training_ends_with_the_reason() {
    let mut model = Cpu::seed_from_u64(15).build_module::<(Linear<2, 2>, Explosion), f64>();
    model.0.weight = Cpu::default().tensor([[3.0, 0.0], [0.0, 3.0]]);
    let x: Tensor<Rank1<2>, f64, _> = Cpu::default().ones();
    let loss = |model: &_, gradients| -> Result<_, Error> {
        let model: &(modules::Linear<2, 2, f64, Cpu>, NeuralOde<Taped<Square>>) = model;
        Ok(model.try_forward(x.trace(gradients))?.sum())
    };
    let error = Training::adam(0.1).run(&mut model, loss).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("`module`") && text.contains("at iteration 0 of the training"), "{error}");
    assert!(matches!(error, Error::Training { cause, .. } if !matches!(*cause, Error::Layer { .. })));
}

#[test]
fn parameters_in_another_order_of_memory_are_refused() {
    let device = Cpu::seed_from_u64(16);
    let mut layer = device.build_module::<NeuralOde<Taped<Linear<2, 2>>>, f64>();
    layer.field.0.weight = layer.field.0.weight.clone().permute();
    let x: Tensor<Rank1<2>, f64, _> = device.ones();
    let error = layer.solve(&x).unwrap_err();
    assert!(error.to_string().contains(".contiguous()"), "{error}");
}
