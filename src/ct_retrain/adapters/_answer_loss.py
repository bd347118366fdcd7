"""Compute the loss on a CPU from labelled positions only, which saves most of the output layer's work.

Loss and gradients equal those of the model's own forward pass with labels and attention mask, up to float
rounding. On CUDA nothing is changed, because TRL's own kernel skips the other positions there.
"""

from typing import Any

from ct_retrain.adapters import _modelling
from ct_retrain.adapters._mixture import IGNORED

_LARGEST = 1 << 28
"""Maximum logits held at once (1 GiB in float32); a larger batch goes through TRL's tiled loss."""


def compute_loss_here(trainer: Any) -> None:
    """Make *trainer*, a TRL SFTTrainer whose model is on a CPU, compute its loss here.

    Rows must be padded on the right, or packed with position ids, as TRL's collator does; the model must be
    causal.
    """
    tiled = trainer.compute_loss
    vocabulary = int(trainer.model.get_base_model().config.get_text_config().vocab_size)

    def compute_loss(model: Any, inputs: dict[str, Any], **more: Any) -> Any:
        learned = int((inputs["labels"] != IGNORED).sum())
        if more.get("return_outputs") or learned * vocabulary > _LARGEST:
            return tiled(model, inputs, **more)
        loss = answer_loss(model, inputs, more.get("num_items_in_batch"))
        # The count is that of all processes, and they average their gradients: each gives its share as often.
        return loss * trainer.accelerator.num_processes

    trainer.compute_loss = compute_loss


def answer_loss(model: Any, inputs: dict[str, Any], count: Any = None) -> Any:
    """Return the negative log-likelihood of the labelled tokens, divided by *count* or by their number.

    *inputs* are `input_ids` and `labels` of shape (rows, tokens). An attention mask among them is ignored:
    under causal attention no labelled position sees the padding to its right, and torch has a faster kernel
    without a mask.
    """
    functional = _modelling.library("torch.nn.functional")
    labels = inputs["labels"][:, 1:]
    learned = labels != IGNORED
    read = {name: value for name, value in inputs.items() if name not in ("labels", "attention_mask")}
    logits = _logits(model, read, learned)
    loss = functional.cross_entropy(logits.float(), labels[learned], reduction="sum")
    return loss / max(int(learned.sum() if count is None else count), 1)


def _logits(model: Any, read: dict[str, Any], learned: Any) -> Any:
    """Return the logits that predict the *learned* tokens, of shape (learned tokens, vocabulary).

    The hidden states are selected as they enter the output layer, so that the model's own scaling or capping
    of logits, and an adapter on that layer, still apply.
    """
    width = learned.shape[1] + 1

    def select(_layer: Any, arguments: tuple[Any, ...]) -> tuple[Any, ...] | None:
        if not arguments or arguments[0].shape[1] != width:
            return None
        return arguments[0][:, :-1][learned][None], *arguments[1:]

    bare = getattr(model, "module", model)  # several processes wrap it
    layer = bare.get_base_model().get_output_embeddings()
    hook = layer.register_forward_pre_hook(select)
    try:
        logits = model(**read, use_cache=False).logits
    finally:
        hook.remove()
    # A model that does not call its output layer as a module returns logits for every position.
    return logits[:, :-1][learned] if logits.shape[:2] == (len(learned), width) else logits[0]
