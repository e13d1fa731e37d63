"""The example scripts, on the small sample."""

import pytest

from casual_training.original import example_data, exit_codes, hogwild_example, parameter_server_example

SAMPLE = ["--dataset", "fashion_mnist_sample"]


def test_the_hogwild_example_trains_three_configurations_and_draws_their_losses(
    fork_server, data_dir, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    hogwild_example.main([*SAMPLE, "--data-dir", str(data_dir), "--samples", "160"])
    elapsed, _, elapsed_4, _, elapsed_2, tested, drawn = capsys.readouterr().out.splitlines()
    assert elapsed.startswith("1 process x 4 epochs: ")
    assert elapsed_4.startswith("4 processes x 1 epoch: ")
    assert elapsed_2.startswith("2 processes x 2 epochs: ")
    assert tested.startswith("test: loss ")
    assert drawn == f"training losses: {tmp_path / 'losses.png'}"
    assert (tmp_path / "losses.png").exists()


def test_the_parameter_server_example_trains_two_configurations(fork_server, data_dir, capsys):
    parameter_server_example.main([*SAMPLE, "--data-dir", str(data_dir), "--samples", "64"])
    tested, elapsed, _, elapsed_4 = capsys.readouterr().out.splitlines()
    assert tested.startswith("test: loss ")
    assert elapsed.startswith("model 1, workers: 1, epochs of each: 4: ")
    assert elapsed_4.startswith("model 2, workers: 4, epochs of each: 1: ")


def test_the_examples_train_on_all_training_images_as_the_original_did(data_dir):
    train_loader, test_loader = example_data.loaders("fashion_mnist_sample", data_dir)
    assert (len(train_loader.dataset), len(test_loader.dataset)) == (800, 200)


def test_samples_out_of_range_are_one_sentence_and_exit_code_2(data_dir, capsys):
    with pytest.raises(SystemExit) as leaving:
        exit_codes.run_command(lambda: example_data.loaders("fashion_mnist_sample", data_dir, 801))
    assert leaving.value.code == 2
    assert capsys.readouterr().err.startswith("--samples is 801: choose 1 to 800")
